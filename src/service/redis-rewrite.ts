/**
 * What is removed from Redis, images first of all, stays in its append-only file until that is written anew from what is there. So it is
 * written anew every quarter of an hour, where something was removed, and when the server ends.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, disconnect, type RedisClient } from '../queue/connection.ts'

const everyMs = 15 * 60_000
/** After a start: the file of a service that was killed holds what it had. */
const firstMs = 20_000
const pollMs = 50

export interface Rewrites {
  /** No more of them but a last one, which may take so many milliseconds. */
  end(ms: number): Promise<void>
}

export function keepRewriting(url: string): Rewrites {
  let timer = setTimeout(next, firstMs)
  timer.unref()
  function next(): void {
    void rewrite(url, 60_000)
    timer = setTimeout(next, everyMs)
    timer.unref()
  }
  return {
    async end(ms) {
      clearTimeout(timer)
      await rewrite(url, ms)
    },
  }
}

/** Never fails: a server that is away, or has no file of that kind, has nothing to be written. */
async function rewrite(url: string, ms: number): Promise<void> {
  const client = connect(url, 'producer', 'oneclass:rewrite')
  const deadline = performance.now() + ms
  try {
    const { size, base } = await state(client)
    if (size === base) return
    await idle(client, deadline) // one that is under way may have begun before the last removal
    await client.call('BGREWRITEAOF')
    await idle(client, deadline)
  } catch {
    // it is done the next time
  } finally {
    await disconnect(client)
  }
}

async function idle(client: RedisClient, deadline: number): Promise<void> {
  while ((await state(client)).isBusy && performance.now() < deadline) await sleep(pollMs)
}

async function state(client: RedisClient): Promise<{ isBusy: boolean; size: number; base: number }> {
  const text = String(await client.info('persistence'))
  const value = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)?.[1] ?? 0)
  return {
    isBusy: value('aof_rewrite_in_progress') + value('aof_rewrite_scheduled') > 0,
    size: value('aof_current_size'),
    base: value('aof_base_size'),
  }
}
