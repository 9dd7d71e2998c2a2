/**
 * TensorFlow.js for training: `@tensorflow/tfjs-node` where it is installed, else the WebAssembly backend, which can train once
 * the kernel that it lacks is registered (`conv2d-backprop-filter.ts`). Load it in a thread of its own: every operation blocks.
 */
import type * as Core from '@tensorflow/tfjs-core'
import { OneclassError } from '../errors.ts'
import { registerConv2dBackpropFilter } from './conv2d-backprop-filter.ts'

export type TensorFlow = typeof Core
export type TensorFlowBackend = 'tensorflow' | 'wasm'

let loading: Promise<{ tf: TensorFlow; backend: TensorFlowBackend }> | undefined

/** @throws DEPENDENCY_MISSING when neither is installed */
export function loadTensorFlow(): Promise<{ tf: TensorFlow; backend: TensorFlowBackend }> {
  loading ??= load()
  return loading
}

async function load(): Promise<{ tf: TensorFlow; backend: TensorFlowBackend }> {
  // no accelerator, or one whose native library is missing: the WebAssembly backend does it
  const native = await importOptional<TensorFlow>('@tensorflow/tfjs-node')
  if (native !== undefined && (await native.setBackend('tensorflow').catch(() => false))) {
    return { tf: native, backend: 'tensorflow' }
  }
  const tf = await importOptional<TensorFlow>('@tensorflow/tfjs-core')
  const wasm = await importOptional<object>('@tensorflow/tfjs-backend-wasm')
  if (tf === undefined || wasm === undefined) {
    throw new OneclassError(
      'DEPENDENCY_MISSING',
      'Training networks needs TensorFlow.js: npm install @tensorflow/tfjs-core @tensorflow/tfjs-backend-wasm @tensorflow/tfjs-layers',
    )
  }
  await tf.setBackend('wasm')
  await tf.ready()
  registerConv2dBackpropFilter(tf, 'wasm')
  return { tf, backend: 'wasm' }
}

async function importOptional<T>(name: string): Promise<T | undefined> {
  try {
    return (await import(name)) as T
  } catch {
    return undefined
  }
}
