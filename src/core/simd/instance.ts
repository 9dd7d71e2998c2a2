/** Kernels beside a memory of their own. */

interface Wasm {
  readonly Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer }
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown }
}
declare const WebAssembly: Wasm

const pageBytes = 65536

export interface Instance<Kernels> {
  /** Zero at first. */
  readonly buffer: ArrayBuffer
  readonly kernels: Kernels
}

/**
 * @param bytes a module that `moduleOf` made, compiled once
 * @returns opens a memory with at least that many bytes
 */
export function kernelsOf<Kernels>(bytes: Uint8Array): (memoryBytes: number) => Instance<Kernels> {
  let compiled: object | undefined
  return (memoryBytes) => {
    compiled ??= new WebAssembly.Module(bytes)
    const pages = Math.max(1, Math.ceil(memoryBytes / pageBytes))
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory } })
    return { buffer: memory.buffer, kernels: exports as Kernels }
  }
}
