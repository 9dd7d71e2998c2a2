/** Threads of the library. A fit or an evaluation has one of its own, which ends with it; a loaded model keeps one until it is closed. */
import type { FittedModel } from '../pipeline/fit-model.ts'
import { type CallOptions, type CallThread, callInThread, startThread } from '../system/thread-call.ts'
import type { FitInput, FitReply, LibraryCalls } from './calls.ts'
import { mapImages, openLender } from './lent-images.ts'

export type LibraryThread = CallThread<LibraryCalls>

const threadFile = new URL('./library-thread.js', import.meta.url)

export function startLibraryThread(): LibraryThread {
  return startThread<LibraryCalls>(threadFile)
}

/** What a handler reports on its way: the arguments of `onProgress`, or a sentence. */
export type Report = readonly unknown[] | { readonly notice: string }

export interface CallHooks {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((...report: never[]) => void) | undefined
  readonly onNotice?: ((sentence: string) => void) | undefined
  /** Memory and ports of the input that are given away instead of copied. */
  readonly transfer?: CallOptions['transfer']
}

/** What is new may grow to 32 MB, not 16, before it is looked through for what is still used: a 25th less CPU for a fit, and 40 MB more. */
const resourceLimits = { maxYoungGenerationSizeMb: 96 }

/** One call in a thread of its own, which has ended when this returns: nothing is written afterwards. */
export async function callOnce<K extends keyof LibraryCalls>(
  method: K,
  input: LibraryCalls[K]['input'],
  hooks: CallHooks,
): Promise<LibraryCalls[K]['output']> {
  const { signal, onProgress, onNotice, transfer } = hooks
  return await callInThread<LibraryCalls, K>(threadFile, method, input, {
    signal,
    resourceLimits,
    ...(transfer && { transfer }),
    onProgress(report) {
      if ('notice' in (report as Report)) onNotice?.((report as { notice: string }).notice)
      else onProgress?.(...(report as never[]))
    },
  })
}

/** A fit in a thread of its own, wherever its images come from: this one stays free, so that a signal is heard at once. */
export async function fitApart(input: FitInput, hooks: Omit<CallHooks, 'transfer'>): Promise<FitReply> {
  const lender = openLender()
  const { lend, port } = lender
  const images = { positives: mapImages(input.positives, lend), negatives: mapImages(input.negatives, lend) }
  try {
    return await callOnce('fit', { ...input, ...images, lender: port }, { ...hooks, transfer: [port] })
  } finally {
    lender.close()
  }
}

/** What of a fit goes out of its thread. */
export function fitReplyOf({ model, fitted, found, rejectedByBase }: FittedModel): FitReply {
  const { used, rejected, duplicates, excluded, notes } = fitted
  const change = rejectedByBase === undefined ? {} : { rejectedByBase }
  return { model, used, rejected, duplicates, excluded, notes, skipped: found.skipped, ...change }
}
