/** What an image may cost, in one place. Checked before pixels are decoded, so a bomb is refused by its header. */
export interface ImageLimits {
  /** Bytes of the encoded file. */
  readonly maxBytes: number
  /** Width x height of the encoded image: 64 Mi pixels take the 50 and 64 MP photos of telephones. */
  readonly maxPixels: number
  /** Longest side, in pixels. */
  readonly maxSide: number
  /** CPU time of decoding one image, as estimated from its header (`cost.ts`), and as a hard stop where it is decoded apart. */
  readonly maxMilliseconds: number
  /** Memory of decoding one image beside the file itself, as estimated, and as a hard stop. */
  readonly maxMebibytes: number
  /** Seconds for decoding and resizing one image. */
  readonly timeoutSeconds: number
  /** Refuse images that lack a little at their end, which are otherwise used with a note. Default false. */
  readonly strict?: boolean
}

export const imageLimits: ImageLimits = {
  maxBytes: 64 * 1024 * 1024,
  maxPixels: 64 * 1024 * 1024,
  maxSide: 65_500,
  maxMilliseconds: 10_000,
  maxMebibytes: 512,
  timeoutSeconds: 30,
}

/** Transparent pixels are laid on this colour, as a white page shows them. */
export const alphaBackground = { r: 255, g: 255, b: 255 } as const

/** What `contain` pads with: the middle of the range, zero for most networks after normalisation. */
export const paddingColour = { r: 128, g: 128, b: 128 } as const
