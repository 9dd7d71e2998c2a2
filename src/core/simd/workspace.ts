/**
 * Memory for the kernels: one WebAssembly memory of a size that is known beforehand, handed out piece by piece and given back
 * by the garbage collector when nobody holds the workspace any more.
 */
import { kernelBytes } from './kernels.ts'

interface Wasm {
  readonly Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer }
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown }
}
declare const WebAssembly: Wasm

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

let compiled: object | undefined
const pageBytes = 65536

/** The room that `take(length)` uses, in numbers. */
export const roomFor = (length: number): number => Math.ceil(length / 2) * 2

/** @param numbers room in float64 numbers: the sum of `roomFor` over all that will be taken */
export function openWorkspace(numbers: number): Workspace {
  const { memory, kernels } = newMemory(numbers)
  return { ...kernels, take: taker(memory) }
}

interface WorkspaceMemory {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly kernels: Kernels
}

/** The memory that was given back last, while no one has it. */
let idle: WorkspaceMemory | undefined
/** More is not kept, in bytes. */
const keptAtMost = 1 << 25

/** For work that comes again and again: new memory has to be cleared by the system, which takes longer than a product of few rows. */
export function borrowWorkspace(numbers: number): BorrowedWorkspace {
  const own = idle && idle.memory.buffer.byteLength >= numbers * 8 ? idle : newMemory(numbers)
  idle = undefined
  return {
    ...own.kernels,
    take: taker(own.memory),
    giveBack() {
      if (own.memory.buffer.byteLength <= keptAtMost) idle = own
    },
  }
}

function newMemory(numbers: number): WorkspaceMemory {
  compiled ??= new WebAssembly.Module(kernelBytes)
  const pages = Math.max(1, Math.ceil((numbers * 8) / pageBytes))
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } })
  return { memory, kernels: exports as Kernels }
}

function taker({ buffer }: WorkspaceMemory['memory']): (length: number) => Float64Array {
  let used = 0
  return (length) => {
    const at = used
    used += roomFor(length)
    return new Float64Array(buffer, at * 8, length)
  }
}
