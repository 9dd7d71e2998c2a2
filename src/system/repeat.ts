/** Work that is done again and again for as long as a process lives, one run at a time. */
export interface Repeated {
  /** Now, unless a run is under way. */
  run(): void
  /** Resolves when the run that is under way has ended. */
  stop(): Promise<void>
}

/** @param work where it fails, the next run tries again */
export function repeat(work: () => Promise<void>, everyMs: number): Repeated {
  let running: Promise<void> | undefined
  const run = (): void => {
    running ??= work()
      .catch(() => {})
      .finally(() => {
        running = undefined
      })
  }
  const timer = setInterval(run, everyMs)
  timer.unref()
  return {
    run,
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}
