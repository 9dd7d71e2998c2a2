import type { Note } from '../wire/notes.ts'
import type { SampleRange } from './sample-range.ts'

/**
 * How a network judges a whole image that is larger than it takes (`features/detail.ts`): at its own size and at this one, or so and at its
 * own size mirrored left to right as well.
 */
export type Sizes = 'both' | 'both and mirrored'

/** Decoded pixels, the only form in which an image travels between folders. */
export interface Pixels {
  readonly width: number
  readonly height: number
  /** sRGB, 8 bits, interleaved: `data[(y * width + x) * 3 + channel]`. */
  readonly data: Uint8Array
  /** Of the upright image, before it was resized; there where the target asks for it. */
  readonly original?: Original
  /** What was noticed on the way. */
  readonly notes?: readonly Note[]
  /** As the target asks. */
  readonly sizes?: Sizes
}

/** An upright image before it was resized, and the part of it that is shown, in its pixels: beyond its edges where it was padded. */
export interface Original {
  readonly width: number
  readonly height: number
  readonly shown: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
}

/** What a backbone asks of the decoder. */
export interface DecodeTarget {
  readonly width: number
  readonly height: number
  /**
   * `stretch`: exactly width x height, aspect lost; `cover`: filled and cropped about the centre; `contain`: padded with grey;
   * `inside`: longest sides at most width x height, aspect kept, never enlarged (so sizes differ between images).
   */
  readonly resize: 'stretch' | 'cover' | 'contain' | 'inside'
  /** Tell the size of the image before resizing. */
  readonly withOriginal?: boolean
  /** What is black and white in images of more than 8 bits a sample; without it their format says, or floats are guessed. */
  readonly range?: SampleRange
  /** Light is evened out at the end (`even-light.ts`). */
  readonly light?: 'even'
  /** Absent: the network judges the whole image at its own size only. */
  readonly sizes?: Sizes
}
