/** Where an image comes from. */
export interface FileSource {
  /** What results and messages call it. */
  readonly name: string
  readonly path: string
  /** The path's bytes, where they are no UTF-8 and `path` only shows them. */
  readonly raw?: Uint8Array
}

/** An image on disk, one that came as bytes, or one that lies elsewhere and is read when its turn comes. */
export type ImageSource =
  | FileSource
  | { readonly name: string; readonly bytes: Uint8Array }
  | { readonly name: string; readonly read: () => Promise<Uint8Array> }
