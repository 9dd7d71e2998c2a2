/**
 * Threads of a fit: for folds, which take long, and for what takes much memory, of which LIBSVM gives nothing back while its thread
 * lives.
 */
import type { Matrix } from '../core/matrix.ts'
import type { ScoredFold } from '../detectors/fold-work.ts'
import type { Folds } from '../detectors/held-out.ts'
import type { TrainedSvm } from '../detectors/kernel-svm.ts'
import type { Prepared } from '../detectors/members.ts'
import type { FitThreads } from '../detectors/pooled-fit.ts'
import { present } from '../errors.ts'
import { type CallThread, callInThread, startThread } from '../system/thread-call.ts'

export type DetectorCalls = {
  readonly openFolds: {
    input: { readonly X: Matrix; readonly folds: Folds; readonly random: Uint32Array }
    output: null
  }
  readonly whitenPair: { input: { readonly i: number; readonly j: number }; output: Matrix }
  readonly scoreFold: {
    input: { readonly i: number; readonly inside: Matrix; readonly lengths: Float64Array }
    output: ScoredFold
  }
  readonly prepare: {
    input: { readonly train: Matrix; readonly folds: Folds; readonly random: Uint32Array }
    output: Prepared
  }
  readonly train: {
    input: { readonly X: Matrix; readonly options: Parameters<FitThreads['train']>[1] }
    output: TrainedSvm
  }
}

/** With fewer rows the folds take less than a second, and with more each thread's copies more memory than that is worth. */
const [fewestRows, mostRows] = [601, 2000]
/** Beyond this the folds are uneven, and each thread computes the inner products of all rows for itself. */
const mostThreads = 4

const file = new URL('./detector-thread.js', import.meta.url)
/** Given away, not copied. */
const giving = ({ data }: Matrix) => ({ transfer: [data.buffer as ArrayBuffer] })

/**
 * @param cpus for folds; with one they are left to the caller's thread
 * @returns to be ended, also after a failure
 */
export function openFitThreads(cpus: number, signal?: AbortSignal): FitThreads & { end(): Promise<void> } {
  const started: CallThread<DetectorCalls>[] = []
  return {
    foldWork(X, folds, random) {
      const width = Math.min(cpus, mostThreads)
      if (width < 2 || X.rows < fewestRows || X.rows > mostRows) return undefined
      const input = { X, folds, random: random.save() }
      const idle = Array.from({ length: width }, () => {
        const thread = startThread<DetectorCalls>(file)
        started.push(thread)
        return thread.call('openFolds', input, { signal }).then(() => thread)
      })
      for (const opening of idle) opening.catch(() => {}) // told to whoever takes it
      const inOne = async <T>(ask: (thread: CallThread<DetectorCalls>) => Promise<T>): Promise<T> => {
        const opening = present(idle.shift(), 'an idle thread')
        try {
          return await ask(await opening)
        } finally {
          idle.push(opening)
        }
      }
      return {
        width,
        whitenPair: (i, j) => inOne((thread) => thread.call('whitenPair', { i, j }, { signal })),
        scoreFold: (i, inside, lengths) =>
          inOne((thread) => thread.call('scoreFold', { i, inside, lengths }, { signal, ...giving(inside) })),
      }
    },

    async prepare(train, folds, random) {
      const input = { train, folds, random: random.save() }
      return await callInThread<DetectorCalls, 'prepare'>(file, 'prepare', input, { signal, ...giving(train) })
    },

    async train(X, options) {
      return await callInThread<DetectorCalls, 'train'>(file, 'train', { X, options }, { signal, ...giving(X) })
    },

    async end() {
      for (const thread of started) await thread.end()
    },
  }
}
