/** One comparison: followed live, then read: the table here, everything else in the report. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { percent } from '../format.ts'
import { saveBlob } from '../models/actions.tsx'
import { client } from '../service/api.ts'
import { key, serviceAddress } from '../service/connection.ts'
import { followJob } from '../service/follow.ts'
import type { CompareRow, Job } from '../service/types.ts'
import { t } from '../text.ts'
import { Icon } from '../ui/icons.tsx'
import { useLoad } from '../ui/load.ts'
import { complain, ErrorNote, type Failure, failureOf } from '../ui/notes.tsx'
import { Progress } from '../ui/progress.tsx'
import { TableBox } from '../ui/table-box.tsx'

export function ComparisonPage({ id }: { id: string }): JSX.Element {
  const job = useSignal<Job | null>(null)
  const error = useSignal<Failure | null>(null)
  useEffect(() => {
    const controller = new AbortController()
    followJob(id, (view) => (job.value = view), controller.signal).catch((thrown) => {
      if (!controller.signal.aborted) error.value = failureOf(thrown)
    })
    return () => controller.abort()
  }, [id])
  const view = job.value
  if (error.value) return <ErrorNote error={error.value} />
  if (view === null) return <p class="muted">{t.common.loading}</p>
  if (view.error) return <ErrorNote error={view.error} />
  if (view.state === 'done') return <Report id={id} />
  const { done, total, stage } = view.progress
  return (
    <section class="card stack">
      <Progress share={total > 1 ? done / total : null} label={stage ?? t.batches.state[view.state] ?? view.state} />
      <div class="row">
        <button type="button" class="button" onClick={() => void client.cancel(id).catch(complain)}>
          {t.compare.cancel}
        </button>
      </div>
    </section>
  )
}

function Report({ id }: { id: string }): JSX.Element {
  const { data, error } = useLoad(() => client.report(id), [id])
  const address = `${serviceAddress}/v1/comparisons/${encodeURIComponent(id)}/report`
  const save = (file: 'report.html' | 'report.json' | 'scores.csv') =>
    void client.reportFile(id, file).then((blob) => saveBlob(blob, `comparison-${file}`), complain)
  if (error) return <ErrorNote error={error} />
  return (
    <section class="stack">
      <div class="row">
        {key.value === null && (
          <a class="button primary" href={address} target="_blank" rel="noreferrer">
            <Icon name="external" size={18} />
            {t.compare.report}
          </a>
        )}
        <button type="button" class="button" onClick={() => save('report.html')}>
          <Icon name="download" size={18} />
          {t.compare.download}
        </button>
        <button type="button" class="button" onClick={() => save('scores.csv')}>
          {t.compare.scores}
        </button>
        <button type="button" class="button" onClick={() => save('report.json')}>
          {t.compare.jsonFile}
        </button>
      </div>
      {data && <Rows rows={data.methods} />}
    </section>
  )
}

function Rows({ rows }: { rows: readonly CompareRow[] }): JSX.Element {
  const { columns } = t.compare
  const sorted = [...rows].sort((a, b) => (b.auroc ?? -1) - (a.auroc ?? -1))
  return (
    <TableBox label={t.compare.title}>
      <table class="report">
        <thead>
          <tr>
            <th scope="col">{columns.method}</th>
            <th scope="col">{columns.auroc}</th>
            <th scope="col" class="n">
              {columns.interval}
            </th>
            <th scope="col" class="n">
              {columns.frr}
            </th>
            <th scope="col" class="n">
              {columns.far}
            </th>
            <th scope="col" class="n">
              {columns.fit}
            </th>
            <th scope="col" class="n">
              {columns.score}
            </th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={row.key} class={row.key === 'ensemble' ? 'ours' : ''}>
              <th scope="row">{t.compare.names[row.key] ?? row.key}</th>
              {row.status === 'done' ? (
                <>
                  <td>
                    <span class="auroc">
                      <span class="auroc-bar">
                        <span style={{ transform: `scaleX(${Math.max(0, ((row.auroc ?? 0.5) - 0.5) * 2)})` }} />
                      </span>
                      <span class="numbers">{row.auroc?.toFixed(3) ?? '–'}</span>
                    </span>
                  </td>
                  <td class="n">{row.aurocInterval?.map((x) => x.toFixed(3)).join(' – ') ?? '–'}</td>
                  <td class="n">{maybe(row.falseRejectionRate)}</td>
                  <td class="n">{maybe(row.falseAcceptanceRate)}</td>
                  <td class="n">{row.fitSeconds == null ? '–' : `${row.fitSeconds.toFixed(1)} s`}</td>
                  <td class="n">{row.scoreMs == null ? '–' : `${row.scoreMs.toFixed(1)} ms`}</td>
                </>
              ) : (
                <td colSpan={6} class="muted reason">
                  {t.compare[row.status]}: {row.reason}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  )
}

function maybe(share: number | null | undefined): string {
  return share == null ? '–' : percent(share)
}
