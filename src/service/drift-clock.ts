/**
 * Moves the drift monitors on, once a second where images were scored: what is read by GET changes nothing. An alarm is logged once.
 */
import type { RedisClient } from '../queue/connection.ts'
import type { Registry } from '../store/registry.ts'
import type { Log } from '../system/log.ts'
import { type Repeated, repeat } from '../system/repeat.ts'
import { labelOf } from '../wire/label.ts'
import { advanceDrift, driftIdOf, driftNews, type Served } from './drift-log.ts'
import { takeOverDrift } from './drift-moves.ts'

const everyMs = 1000
const forgetMs = 60_000

export function startDriftClock(options: {
  readonly client: RedisClient
  readonly registry: Registry
  readonly log: Log
  readonly onServed: (model: string, served: Served) => void
}): Pick<Repeated, 'stop'> {
  const { client, registry, log, onServed } = options
  const alarmed = new Set<string>()
  /** Models of other data directories, or none: not looked for again for a while. */
  const others = new Set<string>()
  let forgotten = performance.now()
  let isTakenOver = false
  const tick = async (): Promise<void> => {
    if (!isTakenOver) {
      await takeOverDrift(client, await registry.list())
      isTakenOver = true
    }
    if (performance.now() - forgotten > forgetMs) {
      others.clear()
      forgotten = performance.now()
    }
    const news = new Set((await driftNews(client)).filter((id) => !others.has(id)))
    if (news.size === 0) return
    for (const id of news) others.add(id)
    for (const model of await registry.list()) {
      const id = driftIdOf(model)
      if (!news.has(id)) continue
      others.delete(id)
      const label = labelOf(model)
      const moved = await advanceDrift(client, model, (served) => onServed(label, served)).catch(() => undefined)
      if (moved === undefined) continue // tried again with the next image; the other models go on
      const { accepted } = moved
      if (!accepted.alarm) alarmed.delete(label)
      else if (!alarmed.has(label)) {
        alarmed.add(label)
        log('warn', 'drift', { model: label, log10: accepted.log10Capital })
      }
    }
  }
  return repeat(tick, everyMs) // with Redis away, what is in the inboxes waits there
}
