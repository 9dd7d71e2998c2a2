/** Networks on another device than the CPU: what ONNX Runtime says when it cannot, in words with a way out. */
import { OneclassError } from '../../errors.ts'
import { readDevice } from '../../system/config.ts'

/** For `InferenceSession.create`. What CUDA has no kernel for runs on the CPU. */
export function deviceOptions(): { executionProviders?: string[] } {
  return readDevice() === 'cuda' ? { executionProviders: ['cuda'] } : {}
}

/** @returns the error of a device; undefined where networks run on the CPU, or it is the network that is wrong */
export function deviceError(cause: unknown): OneclassError | undefined {
  if (readDevice() === 'cpu') return undefined
  const reason = cause instanceof Error ? cause.message.replace(/\s+/g, ' ').slice(0, 200) : String(cause)
  if (/ExecutionProvider_Cuda|backend not found|providers_(shared|cuda)/i.test(reason)) {
    return new OneclassError(
      'DEPENDENCY_MISSING',
      `ONNX Runtime cannot load its CUDA part (${reason}). On linux/x64 with CUDA 12 and cuDNN 9: "ONNXRUNTIME_NODE_INSTALL=cuda12 npm install onnxruntime-node". Or use the device "cpu".`,
      { cause },
    )
  }
  if (!/cuda|cudnn|cublas|gpu/i.test(reason)) return undefined
  return new OneclassError(
    'DEVICE_UNAVAILABLE',
    `The GPU cannot be used: ${reason}. "nvidia-smi" says whether the driver sees it and what memory is free; the device "cpu" works without.`,
    { cause },
  )
}
