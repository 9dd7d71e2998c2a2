/**
 * Memory for the kernels: one WebAssembly memory of a size that is known beforehand, handed out piece by piece and given back
 * by the garbage collector when nobody holds the workspace any more.
 */
import { type Instance, kernelsOf } from './instance.ts'
import { kernelBytes } from './kernels.ts'

/** See `kernels.ts`; addresses and lengths are in bytes. */
export interface Kernels {
  panelProducts(
    a: number,
    stride: number,
    panel: number,
    panelLength: number,
    out: number,
    outStride: number,
    outEnd: number,
  ): void
  tridiagonalPass(w: number, wEnd: number, stride: number, oldV: number, oldP: number, newV: number, newP: number): void
  reflect(z: number, zEnd: number, stride: number, v: number, length: number, beta: number): void
  rotate(top: number, rotations: number, rotationsEnd: number): void
  addPanel(z: number, zEnd: number, panel: number, weights: number): void
  shiftedSolve(y: number, yEnd: number, out: number, table: number, scratch: number): void
}

export interface Workspace extends Kernels {
  /** Room for so many numbers, zero at first, as a view; its address is `byteOffset`. @throws RangeError when the workspace is full */
  take(length: number): Float64Array
}

/** A workspace that `borrowWorkspace` gave. */
export interface BorrowedWorkspace extends Kernels {
  /** As of a `Workspace`, but it holds what was there before. */
  take(length: number): Float64Array
  /** To be called once, after the last use of anything that was taken. */
  giveBack(): void
}

const open = kernelsOf<Kernels>(kernelBytes)

/** The room that `take(length)` uses, in numbers. */
export const roomFor = (length: number): number => Math.ceil(length / 2) * 2

/** @param numbers room in float64 numbers: the sum of `roomFor` over all that will be taken */
export function openWorkspace(numbers: number): Workspace {
  const { buffer, kernels } = open(numbers * 8)
  return { ...kernels, take: taker(buffer) }
}

/** The memory that was given back last, while no one has it. */
let idle: Instance<Kernels> | undefined
/** More is not kept, in bytes. */
const keptAtMost = 1 << 25

/** For work that comes again and again: new memory has to be cleared by the system, which takes longer than a product of few rows. */
export function borrowWorkspace(numbers: number): BorrowedWorkspace {
  const own = idle && idle.buffer.byteLength >= numbers * 8 ? idle : open(numbers * 8)
  idle = undefined
  return {
    ...own.kernels,
    take: taker(own.buffer),
    giveBack() {
      if (own.buffer.byteLength <= keptAtMost) idle = own
    },
  }
}

function taker(buffer: ArrayBuffer): (length: number) => Float64Array {
  let used = 0
  return (length) => {
    const at = used
    used += roomFor(length)
    return new Float64Array(buffer, at * 8, length)
  }
}
