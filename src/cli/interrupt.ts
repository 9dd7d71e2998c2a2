/**
 * Ctrl-C, SIGTERM, and SIGHUP of a terminal that was closed. The work is told first, so that it can close what it opened; what has not
 * ended by `patienceMs` is ended all the same. Files that are being written have no name until they are complete (`system/files.ts`), so
 * nothing half is left. A service ends gently instead: its jobs are finished first, and a second signal ends it at once.
 */

const patienceMs = 600
/** 128 and the number of the signal, as shells say it. */
const statuses = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const
type Status = (typeof statuses)[keyof typeof statuses]
const names = Object.keys(statuses) as (keyof typeof statuses)[]

export interface Interrupts {
  /** Aborted at the first signal. */
  readonly signal: AbortSignal
  /** Exit status of the signal that came; undefined before. */
  status(): Status | undefined
  /** What is true of the work when a signal ends it: the end of a sentence. */
  means(words: string): void
  /** Says that, once, whoever ends the process. */
  tell(): void
  /** From here on a signal ends things gently. */
  beGentle(): void
  dispose(): void
}

export function watchSignals(): Interrupts {
  const stop = new AbortController()
  let status: Status | undefined
  let isGentle = false
  let words = 'what is not complete was not saved'
  let isTold = false
  const tell = () => {
    // of pipes and terminals too this is written before it returns
    if (!isTold) process.stderr.write(`\noneclass: interrupted; ${words}.\n`)
    isTold = true
  }
  const end = () => {
    tell()
    process.exit(status)
  }
  const onSignal = (name: NodeJS.Signals) => {
    const isSecond = status !== undefined
    // a terminal that is closed says so twice: the shell does, and the system
    if (isSecond && name === 'SIGHUP') return
    status ??= statuses[name as keyof typeof statuses]
    if (isSecond && isGentle) process.exit(1)
    if (isSecond) end()
    stop.abort()
    // not unref: what is left of the work may hold nothing that keeps the process
    if (!isGentle) setTimeout(end, patienceMs)
  }
  for (const name of names) process.on(name, onSignal)
  return {
    signal: stop.signal,
    status: () => (isGentle ? undefined : status),
    means(said) {
      words = said
    },
    tell,
    beGentle() {
      isGentle = true
    },
    dispose() {
      for (const name of names) process.off(name, onSignal)
    },
  }
}
