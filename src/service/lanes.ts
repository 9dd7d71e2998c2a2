/** Work that waits for a disk or a store, some of it at once: as many pieces as have few bytes together. */

export interface Lanes {
  /**
   * Starts the work when there is a lane for it.
   * @param work returns the bytes that it had in memory
   * @throws what an earlier piece threw; nothing more is started then
   */
  run(work: () => Promise<number>): Promise<void>
  /** Waits for all that was started. @throws as `run` */
  settle(): Promise<void>
}

/** @param mostBytes of all pieces together, by the size of the latest ones; one is always at work */
export function openLanes(most: number, mostBytes: number): Lanes {
  const running = new Set<Promise<void>>()
  let failure: { readonly error: unknown } | undefined
  // the first piece goes alone: nothing is known of the next ones before it
  let width = 1
  const wait = async (atMost: number): Promise<void> => {
    while (running.size > atMost) await Promise.race(running)
    if (failure !== undefined) throw failure.error
  }
  return {
    async run(work) {
      await wait(width - 1)
      const piece = work()
        .then(
          (bytes) => {
            width = Math.max(1, Math.min(most, Math.floor(mostBytes / Math.max(1, bytes))))
          },
          (error: unknown) => {
            failure ??= { error }
          },
        )
        .finally(() => running.delete(piece))
      running.add(piece)
    },
    settle: () => wait(0),
  }
}
