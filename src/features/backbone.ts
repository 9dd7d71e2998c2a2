/** The port to a convolutional network: pixels in, one embedding an image out. Adapters: `onnx`, `tfjs`, `face`. */
import type { PlaceAxes, PlaceMap } from '../detectors/patches/places.ts'
import type { OneclassError } from '../errors.ts'
import type { DecodeTarget, Pixels } from '../images/pixels.ts'

export type { PlaceMap }

/** `manifest.json` beside a network: all that is needed to feed it and to read it. */
export interface BackboneManifest {
  readonly id: string
  readonly version: number
  /** File name of the weights, beside the manifest. */
  readonly file: string
  /** Hex sha256 of the weights file. */
  readonly sha256: string
  readonly bytes?: number
  readonly license?: string
  readonly description?: string
  readonly input: DecodeTarget & {
    readonly name: string
    readonly layout: 'NCHW' | 'NHWC'
    readonly channels: 'RGB' | 'BGR'
    /** The tensor is `(pixel / 255 - mean) / std`, per channel. */
    readonly mean: readonly number[]
    readonly std: readonly number[]
    /** The network also takes every width and height that are multiples of this. Absent: those above only. */
    readonly multipleOf?: number
  }
  readonly outputs: {
    /** `token: 'first'` for a transformer's output (n, tokens, dim): the class token is the embedding. */
    readonly embedding: { readonly name: string; readonly dim: number; readonly token?: 'first' }
    /** Maps inside the network, finest first: what scores single places of an image. */
    readonly maps?: readonly MapOutput[]
    /** File name of the axes of its places, beside the manifest (`detectors/patches/axes-file.ts`). Absent: each fit finds them anew. */
    readonly axes?: string
  }
  /** Test-time augmentations whose embeddings are averaged. */
  readonly tta?: readonly 'flip'[]
}

/** An output (n, channels, height / stride, width / stride), with the height and width of the input. */
export interface MapOutput {
  readonly name: string
  readonly channels: number
  /** Pixels of the input, along a side, for one place of the map. */
  readonly stride: number
}

/** What a network sees in one image. */
export interface Look {
  /** As `embed` gives it. */
  readonly embedding: Float32Array
  /** One for each that was asked for. */
  readonly maps: readonly PlaceMap[]
}

export interface Backbone {
  readonly id: string
  /** Hex sha256 over weights and preprocessing: two backbones with the same hash give the same embeddings. */
  readonly hash: string
  readonly dim: number
  /** What images must be decoded to before `embed`. */
  readonly target: DecodeTarget
  /** One embedding (length `dim`) or one error an image, in order. An error of one image never touches another. */
  embed(images: readonly Pixels[]): Promise<(Float32Array | OneclassError)[]>
  /** The maps that `look` gives, finest first; absent where the network has none. */
  readonly maps?: readonly MapOutput[]
  /** Axes of its places that come with it, so that no fit has to look for them. */
  readonly axes?: PlaceAxes
  /**
   * As `embed`, with maps of the same run. Images may be a whole number of times as large as `target` (`detail.ts`).
   * @param maps some of this network's; default: all of them
   */
  look?(images: readonly Pixels[], maps?: readonly MapOutput[]): Promise<(Look | OneclassError)[]>
  /** Says that so many images will come. A network may prepare itself; what it gives is the same. */
  expect?(images: number): void
  close(): Promise<void>
}

/** Can a model look at places with this network? */
export function givesMaps({ look, maps = [] }: Pick<Backbone, 'look' | 'maps'>): boolean {
  return look !== undefined && maps.length > 0
}
