/**
 * Makes an image smaller as libvips does (`reducev`, then `reduceh`, linear kernel, 8 bits in between), to the same bits: positions in
 * 64ths of a pixel, weights in 4096ths, edges repeated. Source: libvips 8.18, libvips/resample/reducev.cpp and templates.h.
 */
import { type Instance, kernelsOf } from '../../core/simd/instance.ts'
import { type ReduceKernels, reduceKernelBytes } from './reduce-kernels.ts'

export interface Samples {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
  /** Interleaved: `data[(y * width + x) * channels + channel]`. */
  readonly data: Uint8Array
}

interface Size {
  readonly width: number
  readonly height: number
}

/** Positions between two samples that have weights of their own. */
const positions = 64
const unit = 4096
/**
 * Rows of the result that libvips makes in one go of a file that it reads once (`vips_sequential` in reducev.cpp): it counts places on
 * within them, and where these lie between two positions the last bit decides.
 */
const stripRows = 10
/** From here on libvips averages whole samples first, or has the decoder make a JPEG smaller. */
const [mostOfOne, mostOfBoth] = [4, 3]

/** Is this what `reduce` does, and what libvips would do of a JPEG? */
export function canReduce(from: Size, to: Size): boolean {
  const [across, down] = [from.width / to.width, from.height / to.height]
  return Math.min(across, down) >= 1 && Math.max(across, down) < mostOfOne && Math.min(across, down) < mostOfBoth
}

/** Along one side: for each sample of the result, which samples it is made of. */
interface Plan {
  /** Samples that one is made of: even, the last may weigh nothing. */
  readonly taps: number
  /** Samples by which the first one of an edge is repeated before it. */
  readonly before: number
  /** Of each sample of the result: the first of its samples, counted with those before the edge. */
  readonly starts: Int32Array
  /** `taps` a sample of the result. */
  readonly weights: Int16Array
}

const openKernels = kernelsOf<ReduceKernels>(reduceKernelBytes)
/** The last memory, for the next image. */
let kept: Instance<ReduceKernels> | undefined

/** Bytes that vectors may read or write beyond what they are meant for. */
const slack = 16
const align = (bytes: number): number => Math.ceil(bytes / slack) * slack

/** Where two pixels' bytes go, as pairs of 16 bits; 16 is none. */
const places = {
  1: [0, 16, 1, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16],
  3: [0, 16, 3, 16, 1, 16, 4, 16, 2, 16, 5, 16, 16, 16, 16, 16],
}

/**
 * @param image no smaller than the target on either side, see `canReduce`
 * @returns the target's size, as many channels as the image
 */
export function reduce(image: Samples, target: Size): Uint8Array {
  const { width, height, channels, data } = image
  const rows = planOf(height, target.height, stripRows)
  const columns = planOf(width, target.width, target.width)
  const stride = width * channels
  const [outStride, taps] = [target.width * channels, 2 * columns.taps]
  const sizes = [
    (height + rows.taps) * stride,
    (width + columns.taps) * channels,
    target.height * outStride,
    2 * rows.weights.length,
    2 * columns.weights.length,
    4 * target.width,
    slack,
  ].map((bytes) => align(bytes + slack))
  const addresses = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0))
  const [samples, row, out, rowWeights, columnWeights, starts, pattern] = addresses as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const needed = addresses.at(-1)! + sizes.at(-1)!
  if (kept === undefined || kept.buffer.byteLength < needed) kept = openKernels(needed)
  const { buffer, kernels } = kept
  const memory = new Uint8Array(buffer)
  memory.set(data, samples + rows.before * stride)
  repeatEdges(memory, samples, rows.before, height, rows.taps, stride)
  new Int16Array(buffer, rowWeights).set(rows.weights)
  new Int16Array(buffer, columnWeights).set(columns.weights)
  new Int32Array(buffer, starts).set(columns.starts.map((start) => start * channels))
  memory.set(places[channels], pattern)
  for (let y = 0; y < target.height; y++) {
    const weights = rowWeights + 2 * rows.taps * y
    const inner = row + columns.before * channels
    const first = samples + rows.starts[y]! * stride
    kernels.reduceRow(first, stride, weights, weights + 2 * rows.taps, inner, inner + stride)
    repeatEdges(memory, row, columns.before, width, columns.taps, channels)
    const to = out + y * outStride
    kernels.reduceColumns(row, starts, columnWeights, taps, pattern, to, to + outStride, channels)
  }
  return memory.slice(out, out + target.height * outStride)
}

/**
 * Repeats the first of `length` pieces of `size` bytes `before` times before them, and the last behind them up to `extra` pieces more in
 * all.
 */
function repeatEdges(
  memory: Uint8Array,
  at: number,
  before: number,
  length: number,
  extra: number,
  size: number,
): void {
  const first = at + before * size
  const last = first + (length - 1) * size
  for (let i = 0; i < before; i++) memory.copyWithin(at + i * size, first, first + size)
  for (let i = 1; i <= extra - before; i++) memory.copyWithin(last + i * size, last, last + size)
}

/** One sample is made of itself. */
function identity(length: number): Plan {
  const weights = new Int16Array(2 * length)
  for (let i = 0; i < length; i++) weights[2 * i] = unit
  return { taps: 2, before: 0, starts: Int32Array.from({ length }, (_, i) => i), weights }
}

/** @param strip samples of the result whose places are counted on from the first of them */
function planOf(from: number, to: number, strip: number): Plan {
  if (from === to) return identity(from)
  // twice inverted, as the factor comes through sharp and libvips
  const shrink = 1 / (1 / (from / to))
  const points = 2 * roundHalfEven(shrink) + 1
  const offset = (1 + (to * shrink - from)) / 2 - 1
  const taps = points + 1
  const starts = new Int32Array(to)
  const weights = new Int16Array(taps * to)
  const masks: (Int16Array | undefined)[] = []
  let at = 0
  for (let i = 0; i < to; i++, at += shrink) {
    if (i % strip === 0) at = (i + 0.5) * shrink - 0.5 - offset
    const position = ((Math.trunc(at * positions * 2) & (positions * 2 - 1)) + 1) >> 1
    masks[position] ??= maskOf(position, points, shrink)
    starts[i] = Math.trunc(at)
    weights.set(masks[position], taps * i)
  }
  return { taps, before: Math.ceil(points / 2) - 1, starts, weights }
}

/** Weights of `points` neighbours for a place `position` 64ths beyond a sample: a triangle as wide as what is made smaller. */
function maskOf(position: number, points: number, shrink: number): Int16Array {
  const half = position / positions + points / 2 - 1
  const heights = Array.from({ length: points }, (_, i) => Math.max(0, 1 - Math.abs((i - half) / shrink)))
  const sum = heights.reduce((total, height) => total + height, 0)
  return Int16Array.from(heights, (height) => Math.trunc((height / sum) * unit))
}

function roundHalfEven(value: number): number {
  const rounded = Math.round(value)
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}
