/** Comparisons: start one, follow it, read it. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { ago, date } from '../format.ts'
import { FolderField } from '../models/photo-source.tsx'
import { go, href, route } from '../routes.ts'
import { client } from '../service/api.ts'
import type { Job } from '../service/types.ts'
import { t } from '../text.ts'
import { useLoad } from '../ui/load.ts'
import { ErrorNote, type Failure, failureOf } from '../ui/notes.tsx'
import { ComparisonPage } from './comparison.tsx'

export function CompareView(): JSX.Element {
  const { argument } = route.value
  return (
    <div class="view">
      <div class="view-head">
        <div>
          {argument !== null && (
            <p class="crumb">
              <a href={href('compare')}>{t.compare.recent}</a>
            </p>
          )}
          <h1>{t.compare.title}</h1>
          <p>{t.compare.lead}</p>
        </div>
      </div>
      {argument !== null ? (
        <ComparisonPage key={argument} id={argument} />
      ) : (
        <>
          <NewComparison />
          <Recent />
        </>
      )}
    </div>
  )
}

function NewComparison(): JSX.Element {
  const train = useSignal('')
  const test = useSignal('')
  const quick = useSignal(true)
  const chosen = useSignal<ReadonlySet<string>>(new Set(Object.keys(t.compare.names)))
  const error = useSignal<Failure | null>(null)
  const busy = useSignal(false)
  const all = Object.keys(t.compare.names)
  const isReady = train.value.trim() !== '' && test.value.trim() !== '' && chosen.value.size > 0 && !busy.value
  const start = async (event: Event) => {
    event.preventDefault()
    if (!isReady) return
    busy.value = true
    error.value = null
    try {
      const job = await client.compare({
        train: train.value.trim(),
        test: test.value.trim(),
        quick: quick.value,
        ...(chosen.value.size < all.length ? { methods: all.filter((key) => chosen.value.has(key)) } : {}),
      })
      go('compare', job.id)
    } catch (thrown) {
      error.value = failureOf(thrown)
    }
    busy.value = false
  }
  const toggle = (key: string) => {
    const next = new Set(chosen.value)
    if (!next.delete(key)) next.add(key)
    chosen.value = next
  }
  return (
    <form class="card stack" onSubmit={(event) => void start(event)}>
      <div class="two">
        <FolderField
          label={t.compare.train}
          hint={t.compare.folderHint}
          value={train.value}
          onChange={(next) => (train.value = next)}
        />
        <FolderField
          label={t.compare.test}
          hint={t.compare.folderHint}
          value={test.value}
          onChange={(next) => (test.value = next)}
        />
      </div>
      <fieldset class="method-picks">
        <legend class="label">{t.compare.methods}</legend>
        {all.map((key) => (
          <label key={key} class="check">
            <input type="checkbox" checked={chosen.value.has(key)} onChange={() => toggle(key)} />
            {t.compare.names[key]}
          </label>
        ))}
      </fieldset>
      {error.value && <ErrorNote error={error.value} />}
      <div class="row apart">
        <label class="check">
          <input type="checkbox" checked={quick.value} onChange={() => (quick.value = !quick.value)} />
          {t.compare.quick}
        </label>
        <button type="submit" class="button primary" disabled={!isReady}>
          {t.compare.start}
        </button>
      </div>
    </form>
  )
}

function Recent(): JSX.Element {
  const { data, error, reload } = useLoad(() => client.comparisons(), [], 4000)
  return (
    <section class="stack recent">
      <h2>{t.compare.recent}</h2>
      {error && <ErrorNote error={error} onRetry={reload} />}
      {data?.length === 0 && <p class="muted">{t.compare.none}</p>}
      {data && data.length > 0 && (
        <ul class="batch-list">
          {data.map((job) => (
            <Row key={job.id} job={job} />
          ))}
        </ul>
      )}
    </section>
  )
}

function Row({ job }: { job: Job }): JSX.Element {
  const { done, total, stage } = job.progress
  return (
    <li>
      <a href={href('compare', job.id)}>
        <span class="batch-name cut">{date(job.createdAt)}</span>
        <span class="muted cut">{job.error?.message ?? stage ?? ''}</span>
        <span class="batch-progress">
          <span class="bar">
            <span style={{ transform: `scaleX(${job.state === 'done' ? 1 : total > 0 ? done / total : 0})` }} />
          </span>
        </span>
        <span class={job.state === 'running' ? 'chip accent' : 'chip'}>{t.batches.state[job.state] ?? job.state}</span>
        <span class="muted when">{ago(job.createdAt)}</span>
      </a>
    </li>
  )
}
