/** Batches: a new one and the recent ones, or one of them. */
import type { JSX } from 'preact'
import { NoModel } from '../classify/view.tsx'
import { ago, count, date } from '../format.ts'
import { models } from '../models/store.ts'
import { href, route } from '../routes.ts'
import { client } from '../service/api.ts'
import { isFinished } from '../service/follow.ts'
import type { Batch } from '../service/types.ts'
import { t } from '../text.ts'
import { useLoad } from '../ui/load.ts'
import { ErrorNote } from '../ui/notes.tsx'
import { Waits } from '../ui/trouble.tsx'
import { BatchPage } from './batch.tsx'
import { NewBatch } from './new-batch.tsx'
import { titleOf } from './title.ts'

export function BatchesView(): JSX.Element {
  const { argument } = route.value
  if (argument !== null) return <BatchPage key={argument} id={argument} />
  if (models.value?.length === 0) return <NoModel title={t.batches.title} />
  return (
    <div class="view">
      <div class="view-head">
        <div>
          <h1>{t.batches.title}</h1>
          <p>{t.batches.lead}</p>
        </div>
      </div>
      {models.value !== null && <NewBatch />}
      <RecentBatches />
    </div>
  )
}

function RecentBatches(): JSX.Element {
  const { data, error, reload } = useLoad(() => client.batches(), [], 3000)
  return (
    <section class="stack recent">
      <h2>{t.batches.recent}</h2>
      {error && <ErrorNote error={error} onRetry={reload} />}
      {!data && !error && <Waits />}
      {data?.length === 0 && <p class="muted">{t.batches.none}</p>}
      {data && data.length > 0 && (
        <ul class="batch-list">
          {data.map((batch) => (
            <BatchRow key={batch.id} batch={batch} />
          ))}
        </ul>
      )}
    </section>
  )
}

function BatchRow({ batch }: { batch: Batch }): JSX.Element {
  const { done, total } = batch.progress
  const model = batch.model ?? (batch.result as { model?: string } | null)?.model ?? ''
  return (
    <li>
      <a href={href('batches', batch.id)}>
        <span class="batch-name cut">{titleOf(batch)}</span>
        <span class="muted cut">{model}</span>
        <span class="batch-progress">
          <span class="bar">
            <span style={{ transform: `scaleX(${total > 0 ? done / total : 0})` }} />
          </span>
          <span class="numbers">{isFinished(batch) ? t.common.images(total) : t.batches.progress(done, total)}</span>
        </span>
        <span class={batch.state === 'running' ? 'chip accent' : 'chip'}>
          {t.batches.state[batch.state] ?? batch.state}
        </span>
        <span class="muted when" title={`${date(batch.createdAt)}, ${count(total)}`}>
          {ago(batch.createdAt)}
        </span>
      </a>
    </li>
  )
}
