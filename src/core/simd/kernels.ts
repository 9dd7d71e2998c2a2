/**
 * The inner loops of our linear algebra in WebAssembly SIMD, two float64 at a time. No fused or reordered operations: the same
 * numbers give the same bits on every machine.
 */
import { moduleOf } from './assembler.ts'
import { addPanel, panelProducts } from './product-kernels.ts'
import { reflect, rotate, shiftedSolve, tridiagonalPass } from './tridiagonal-kernels.ts'

export const kernelBytes: Uint8Array = moduleOf([
  panelProducts(),
  tridiagonalPass(),
  reflect(),
  rotate(),
  addPanel(),
  shiftedSolve(),
])
