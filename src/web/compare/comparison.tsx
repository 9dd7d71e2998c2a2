/** One comparison: followed live, then read: the table here, everything else in the report. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { date } from '../format.ts'
import { saveBlob } from '../models/actions.tsx'
import { client } from '../service/api.ts'
import { key, serviceAddress } from '../service/connection.ts'
import { followJob } from '../service/follow.ts'
import type { ComparisonReport, Job } from '../service/types.ts'
import { language, t } from '../text.ts'
import { Icon } from '../ui/icons.tsx'
import { useLoad } from '../ui/load.ts'
import { complain, ErrorNote, type Failure, failureOf } from '../ui/notes.tsx'
import { Progress } from '../ui/progress.tsx'
import { Rows } from './rows.tsx'
import { readScores } from './scores.ts'

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
  const furthest = useRef(0)
  if (error.value) return <ErrorNote error={error.value} />
  if (view === null) return <p class="muted">{t.common.loading}</p>
  if (view.error) return <ErrorNote error={view.error} />
  if (view.state === 'done') return <Report id={id} />
  const { done, total, phase } = view.progress
  // a method that is taken up again begins anew; what was done stays done
  furthest.current = Math.max(furthest.current, total > 1 ? done / total : 0)
  return (
    <section class="card stack">
      <Progress
        share={total > 1 ? furthest.current : null}
        label={phase ? t.compare.phases[phase] : (t.batches.state[view.state] ?? view.state)}
      />
      {/* the service's own words, which are English */}
      {view.progress.stage && language.value === 'en' && <p class="hint">{view.progress.stage}</p>}
      <div class="row">
        <button type="button" class="button" onClick={() => void client.cancel(id).catch(complain)}>
          {t.compare.cancel}
        </button>
      </div>
    </section>
  )
}

/** What it says: in this page's language, or, of a report of an earlier version, in English. */
function Findings({ report }: { report: ComparisonReport }): JSX.Element {
  const { findings, verdict } = report
  const titleOf = (key: string) => t.compare.names[key] ?? key
  const sentences = findings?.map((finding) => t.compare.finding(finding, titleOf)) ?? verdict
  return (
    <ul class="card findings" {...(findings ? {} : { lang: 'en' })} aria-label={t.compare.findings}>
      {sentences.map((sentence) => (
        <li key={sentence}>{sentence.replace(/(?<=\d) %/g, '\u00a0%')}</li>
      ))}
    </ul>
  )
}

/** Of how many images it is, and when it was made. */
function Basis({ report: { data, createdAt } }: { report: ComparisonReport }): JSX.Element | null {
  if (data === undefined) return null
  const { trainPositive, trainNegative, testPositive, testNegative } = data.counts
  const words = t.compare.found(trainPositive.used, trainNegative.used, testPositive.used, testNegative.used)
  return (
    <p class="hint">
      {words} {date(createdAt)}
    </p>
  )
}

function Report({ id }: { id: string }): JSX.Element {
  const { data, error } = useLoad(
    async () => ({
      report: await client.report(id),
      scores: readScores(await (await client.reportFile(id, 'scores.csv')).text()),
    }),
    [id],
  )
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
      {data && (
        <>
          <Basis report={data.report} />
          <Findings report={data.report} />
          <Rows report={data.report} scores={data.scores} />
          <p class="hint">{t.compare.reading}</p>
        </>
      )}
    </section>
  )
}
