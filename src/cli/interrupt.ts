/**
 * Ctrl-C. The work is told first, so that it can close what it opened; what has not ended by `patienceMs` is ended all the same. Files
 * that are being written have no name until they are complete (`system/files.ts`), so nothing half is left. A service ends gently
 * instead: its jobs are finished first, and a second signal ends it at once.
 */

const patienceMs = 600
/** 128 and the number of the signal, as shells say it. */
const statuses = { SIGINT: 130, SIGTERM: 143 } as const

export interface Interrupts {
  /** Aborted at the first signal. */
  readonly signal: AbortSignal
  /** Exit status of the signal that came; undefined before. */
  status(): 130 | 143 | undefined
  /** From here on a signal ends things gently. */
  beGentle(): void
  dispose(): void
}

export function watchSignals(): Interrupts {
  const stop = new AbortController()
  let status: 130 | 143 | undefined
  let isGentle = false
  const onSignal = (name: NodeJS.Signals) => {
    const isSecond = status !== undefined
    status ??= statuses[name as keyof typeof statuses]
    if (isSecond) process.exit(isGentle ? 1 : status)
    stop.abort()
    // not unref: what is left of the work may hold nothing that keeps the process
    if (!isGentle) setTimeout(() => process.exit(status), patienceMs)
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  return {
    signal: stop.signal,
    status: () => (isGentle ? undefined : status),
    beGentle() {
      isGentle = true
    },
    dispose: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  }
}
