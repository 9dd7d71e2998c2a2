/** Models that are being made: each is found again here, whoever began it and whatever view was left or loaded anew since. */
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { ago } from '../format.ts'
import { href } from '../routes.ts'
import { client } from '../service/api.ts'
import { type FitResult, type Job, labelOf } from '../service/types.ts'
import { t } from '../text.ts'
import { useLoad } from '../ui/load.ts'
import { errorWords, say } from '../ui/notes.tsx'
import { loadModels } from './store.ts'

const everyMs = 3000

async function fitsUnderWay(): Promise<Job[]> {
  const lists = await Promise.all(
    (['running', 'queued'] as const).map((state) => client.jobs({ type: 'fit', state, limit: 20 })),
  )
  return [...new Map(lists.flat().map((job) => [job.id, job])).values()]
}

export function FitsUnderWay(): JSX.Element | null {
  const { data } = useLoad(fitsUnderWay, [], everyMs)
  const before = useRef<readonly Job[]>([])
  useEffect(() => {
    if (data === undefined) return
    const ended = before.current.filter(({ id }) => !data.some((job) => job.id === id))
    before.current = data
    for (const { id } of ended) void client.job(id).then(tellEnd, () => {}) // it may be too old to be known
  }, [data])
  if (data === undefined || data.length === 0) return null
  return (
    <section class="stack" aria-label={t.fit.underWay}>
      <h2>{t.fit.underWay}</h2>
      <ul class="batch-list">
        {data.map(({ id, model, state, progress: { done, total, stage }, createdAt }) => (
          <li key={id}>
            <a href={href('models', null, { new: '1', job: id })}>
              <span class="batch-name cut">{model}</span>
              <span class="muted cut">
                {t.fit.stages[state === 'queued' ? 'queued' : (stage ?? 'images')] ?? stage}
              </span>
              <span class="batch-progress">
                <span class="bar">
                  <span style={{ transform: `scaleX(${total > 0 ? done / total : 0})` }} />
                </span>
              </span>
              <span class="chip accent">{t.batches.state[state]}</span>
              <span class="muted when">{ago(createdAt)}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}

function tellEnd({ state, model, error, result }: Job): void {
  if (error) say(t.fit.notMade(model ?? '', errorWords(error)), true)
  if (state !== 'done') return
  say(t.fit.doneTitle(labelOf((result as FitResult).model)))
  void loadModels()
}
