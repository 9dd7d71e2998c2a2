/**
 * Models that others remove or rename, such as `oneclass models remove` beside a running service: what comes from them ends as over HTTP,
 * some ten seconds later. Fits go on: whether they were asked for before or after is not known.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../system/log.ts'
import { type Repeated, repeat } from '../system/repeat.ts'
import { labelOf } from '../wire/label.ts'
import type { Model } from '../wire/model.ts'
import { renameDrift } from './drift-moves.ts'
import { endAllOf, identityOf, type Removing } from './remove-model.ts'

export function watchModels(context: Removing & { readonly log: Log }, everyMs = 5000): Pick<Repeated, 'stop'> {
  const { registry, home, producer, log } = context
  /** Those that are there, or were missed once: a folder that gets another name is not seen at all for a moment. */
  let known: readonly Model[] = []
  let missed = new Set<string>()

  const look = async (): Promise<void> => {
    // a disk that is not mounted at the moment has lost nothing
    const place = await placeOf(home)
    const { models, damaged } = await registry.survey()
    if (place === undefined || place !== (await placeOf(home))) return
    const unreadable = new Set(damaged.map(({ label }) => label))
    const there = new Set(models.map(identityOf))
    const before = new Set(known.map(identityOf))
    const absent = known.filter((model) => !there.has(identityOf(model)))
    const unread: Model[] = []
    const absentOnce: Model[] = []
    const gone: Model[] = []
    for (const model of absent) {
      const isSame = (other: Model) => other.sha256 === model.sha256 && other.version === model.version
      const renamed = models.find((other) => isSame(other) && !before.has(identityOf(other)))
      if (renamed) await renameDrift(producer.client, [model], renamed.name)
      else if (unreadable.has(labelOf(model)) || unreadable.has(model.name)) unread.push(model)
      else (missed.has(identityOf(model)) ? gone : absentOnce).push(model)
    }
    const left = [...models, ...unread, ...absentOnce]
    if (gone.length > 0) {
      log('info', 'models are gone', { models: gone.map(labelOf) })
      await endAllOf(context, [...left, ...gone], left)
    }
    known = left
    missed = new Set(absentOnce.map(identityOf))
  }
  return repeat(look, everyMs) // Redis or the disk may be away: looked at again
}

/** Undefined where the models' folder is not there. */
async function placeOf(home: string): Promise<number | undefined> {
  return (await stat(join(home, 'models')).catch(() => undefined))?.ino
}
