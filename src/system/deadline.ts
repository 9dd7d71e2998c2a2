/**
 * A signal that is aborted after some time, or with one of others. Not `AbortSignal.any` over `AbortSignal.timeout`: on Node 20 a garbage
 * collection can take the two before they fire, and who waits then waits for ever.
 */
export interface Deadline {
  readonly signal: AbortSignal
  /** To be called when nobody waits any more: gives the timer and the listeners back. */
  end(): void
}

export function deadline(ms: number, ...others: readonly (AbortSignal | undefined)[]): Deadline {
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  const timer = setTimeout(abort, ms)
  for (const other of others) {
    if (other?.aborted) abort()
    other?.addEventListener('abort', abort)
  }
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer)
      for (const other of others) other?.removeEventListener('abort', abort)
    },
  }
}
