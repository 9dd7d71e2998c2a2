/** Keeps what the service has in Redis in order (`queue/mend.ts`): every few seconds, and soon after something was found wrong. */
import { mendKeys, recount } from '../queue/mend.ts'
import type { Producer } from '../queue/producer.ts'
import type { Log } from '../system/log.ts'
import { repeat } from '../system/repeat.ts'

export interface Mender {
  /** Something was found wrong: looks soon, without being waited for. */
  soon(): void
  stop(): Promise<void>
}

const everyMs = 5000
const soonMs = 200
/** Sums are not counted anew more often than that: it takes Redis up to 20 ms. */
const countMs = 4000

export async function startMender(options: {
  readonly producer: Pick<Producer, 'client'>
  readonly origin: string
  readonly log: Log
  /** The streams of events were taken away: who reads them begins anew. */
  readonly onEventsGone: () => void
}): Promise<Mender> {
  const { client } = options.producer
  let counted = Number.NEGATIVE_INFINITY
  let wasOff = false
  const pass = async (): Promise<void> => {
    const gone = await mendKeys(client, options.origin)
    if (gone.length > 0) options.log('warn', 'redis mended', { keys: gone })
    if (gone.some((key) => key.endsWith(':events'))) options.onEventsGone()
    if (performance.now() - counted < countMs) return
    counted = performance.now()
    const off = Math.abs(await recount(client, 'stored')) + Math.abs(await recount(client, 'kept'))
    if (off !== 0 && !wasOff) options.log('warn', 'bytes counted anew', { off })
    wasOff = off !== 0
  }
  await pass().catch(() => {}) // Redis may be away: who needs it says so
  const passes = repeat(pass, everyMs)
  let next: NodeJS.Timeout | undefined
  return {
    soon() {
      next ??= setTimeout(() => {
        next = undefined
        passes.run()
      }, soonMs).unref()
    },
    async stop() {
      clearTimeout(next)
      await passes.stop()
    },
  }
}
