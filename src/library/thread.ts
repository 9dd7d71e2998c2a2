/** Threads of the library. A fit or an evaluation has one of its own, which ends with it; a loaded model keeps one until it is closed. */
import { type CallThread, callInThread, startThread } from '../system/thread-call.ts'
import type { LibraryCalls } from './calls.ts'

export type LibraryThread = CallThread<LibraryCalls>

const threadFile = new URL('./library-thread.js', import.meta.url)

export function startLibraryThread(): LibraryThread {
  return startThread<LibraryCalls>(threadFile)
}

/** One call in a thread of its own, which has ended when this returns: nothing is written afterwards. */
export async function callOnce<K extends keyof LibraryCalls>(
  method: K,
  input: LibraryCalls[K]['input'],
  hooks: {
    readonly signal?: AbortSignal | undefined
    readonly onProgress?: ((...report: never[]) => void) | undefined
  },
): Promise<LibraryCalls[K]['output']> {
  const { signal, onProgress } = hooks
  return await callInThread<LibraryCalls, K>(threadFile, method, input, {
    signal,
    ...(onProgress && { onProgress: (report) => onProgress(...(report as never[])) }),
  })
}
