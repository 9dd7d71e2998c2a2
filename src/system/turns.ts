/** Work of which each caller has one piece at a time, the others in the order in which they came. */
export interface Turns {
  /** A place behind what the caller has already. */
  take(caller: string): Turn
}

export interface Turn {
  /** Resolves when it is this one's turn. */
  readonly begun: Promise<void>
  /** Done, or given up before it was begun; a second time is nothing. */
  end(): void
}

export function createTurns(): Turns {
  /** Of each caller, in the order in which they came: the first is at work. */
  const queues = new Map<string, (() => void)[]>()
  return {
    take(caller) {
      const queue = queues.get(caller) ?? []
      queues.set(caller, queue)
      let begin = (): void => {}
      const begun = new Promise<void>((resolve) => {
        begin = resolve
      })
      queue.push(begin)
      if (queue.length === 1) begin()
      return {
        begun,
        end() {
          const place = queue.indexOf(begin)
          if (place < 0) return
          queue.splice(place, 1)
          if (queue.length === 0) queues.delete(caller)
          else if (place === 0) queue[0]?.()
        },
      }
    },
  }
}
