/**
 * How many bytes of requests this process holds at a time. An image is held from its first byte until it is in Redis, and
 * a sender may take minutes for it: without a bound, some hundred slow uploads of 32 MiB would take all memory.
 * One caller gets half of it, so that nobody can shut out the others alone.
 */
import { OneclassError } from '../../errors.ts'

/** What one request holds. */
export interface Held {
  /** @throws QUEUE_FULL when the process, or the caller, would hold too much */
  take(bytes: number): void
  give(bytes: number): void
  /** Gives back what is left. */
  end(): void
}

export interface HeldBytes {
  open(caller: () => string): Held
  readonly bytes: number
}

export function createHeldBytes(maxBytes: number): HeldBytes {
  const callers = new Map<string, number>()
  let total = 0

  const add = (caller: string, bytes: number): void => {
    total += bytes
    const now = (callers.get(caller) ?? 0) + bytes
    if (now > 0) callers.set(caller, now)
    else callers.delete(caller)
  }

  return {
    open(callerOf) {
      let caller: string | undefined
      let held = 0
      let hasEnded = false
      return {
        take(bytes) {
          caller ??= callerOf() // not before: who calls is known only once the key was checked
          if (hasEnded) return
          if (total + bytes > maxBytes || (callers.get(caller) ?? 0) + bytes > maxBytes / 2) {
            throw new OneclassError('QUEUE_FULL', 'Too many uploads are under way: try again in a few seconds.')
          }
          held += bytes
          add(caller, bytes)
        },
        give(bytes) {
          const less = Math.min(bytes, held)
          held -= less
          if (caller !== undefined && less > 0) add(caller, -less)
        },
        end() {
          this.give(held)
          hasEnded = true
        },
      }
    },
    get bytes() {
      return total
    },
  }
}
