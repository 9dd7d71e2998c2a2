/**
 * Who killed the worker? When a worker dies, all of its jobs come back, and most of them did nothing. So an image of such a job is
 * tried alone: one suspect at a time in a worker, with a note in Redis that outlives a crash. Only an image that was alone
 * when workers died, three times, is called unreadable.
 */
import { OneclassError } from '../errors.ts'
import type { RedisClient } from '../queue/connection.ts'
import { keys } from '../queue/redis-keys.ts'

export interface Quarantine {
  /**
   * @param id of the image's place in its job, the same in each try
   * @param name used in messages only
   * @throws IMAGE_UNREADABLE when the image has ended too many workers; what `work` throws
   */
  run<T>(id: string, name: string, work: () => Promise<T>): Promise<T>
}

const maxDeaths = 3
const keepSeconds = 24 * 3600

export function createQuarantine(client: RedisClient): Quarantine {
  let last: Promise<unknown> = Promise.resolve()

  const tryAlone = async <T>(id: string, name: string, work: () => Promise<T>): Promise<T> => {
    const note = keys.crashes(id)
    const tries = await client.incr(note)
    await client.expire(note, keepSeconds)
    try {
      if (tries > maxDeaths)
        throw new OneclassError(
          'IMAGE_UNREADABLE',
          `"${name}" ended ${maxDeaths} workers that had no other suspect: it is damaged or made to.`,
        )
      return await work()
    } finally {
      await client.del(note).catch(() => {})
    }
  }

  return {
    run(id, name, work) {
      const turn = last.then(() => tryAlone(id, name, work))
      last = turn.catch(() => {})
      return turn
    },
  }
}
