/** Comparisons: start one, follow it, read it. */
import type { JSX } from 'preact'
import { ago, date } from '../format.ts'
import { href, route } from '../routes.ts'
import { client } from '../service/api.ts'
import type { Job } from '../service/types.ts'
import { t } from '../text.ts'
import { useLoad } from '../ui/load.ts'
import { ErrorNote, errorWords } from '../ui/notes.tsx'
import { Waits } from '../ui/trouble.tsx'
import { ComparisonPage } from './comparison.tsx'
import { NewComparison } from './new-comparison.tsx'

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

function Recent(): JSX.Element {
  const { data, error, reload } = useLoad(() => client.comparisons(), [], 4000)
  return (
    <section class="stack recent">
      <h2>{t.compare.recent}</h2>
      {error && <ErrorNote error={error} onRetry={reload} />}
      {!data && !error && <Waits />}
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
  const { done, total, phase } = job.progress
  return (
    <li>
      <a href={href('compare', job.id)}>
        <span class="batch-name cut">{date(job.createdAt)}</span>
        <span class="muted cut">
          {job.error ? errorWords(job.error) : phase && job.state === 'running' ? t.compare.phases[phase] : ''}
        </span>
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
