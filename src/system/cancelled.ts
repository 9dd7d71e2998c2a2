/** Work that whoever asked for it has given up. */
import { OneclassError } from '../errors.ts'

export function cancelled(signal?: AbortSignal): OneclassError {
  return new OneclassError('CANCELLED', 'The work was cancelled.', { cause: signal?.reason })
}

/** @throws CANCELLED */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled(signal)
}
