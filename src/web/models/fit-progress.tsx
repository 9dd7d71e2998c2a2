/** A fit, followed live to its end, and what it found in the folder. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { href } from '../routes.ts'
import { client } from '../service/api.ts'
import { followJob } from '../service/follow.ts'
import { trouble } from '../service/health.ts'
import { type FitResult, type Job, labelOf } from '../service/types.ts'
import { t } from '../text.ts'
import { complain, ErrorNote, type Failure, failureOf } from '../ui/notes.tsx'
import { Progress } from '../ui/progress.tsx'
import { VerdictMark } from '../ui/verdict-mark.tsx'
import { DuplicateGroups, RejectedFiles } from './rejected.tsx'
import { ReportOf } from './report.tsx'
import { loadModels } from './store.ts'

export function FitProgress({
  id,
  onAgain,
  onDone,
  onFail,
}: {
  id: string
  onAgain: () => void
  onDone?: (result: FitResult) => void
  onFail?: () => void
}): JSX.Element {
  const job = useSignal<Job | null>(null)
  const error = useSignal<Failure | null>(null)
  useEffect(() => {
    const controller = new AbortController()
    const fail = (failure: Failure) => {
      error.value = failure
      onFail?.()
    }
    followJob(id, (view) => (job.value = view), controller.signal)
      .then(async (done) => {
        await loadModels()
        if (done.error) fail(done.error)
        else onDone?.(done.result as FitResult)
      })
      .catch((thrown) => {
        if (!controller.signal.aborted) fail(failureOf(thrown))
      })
    return () => controller.abort()
  }, [id])

  if (error.value) {
    return (
      <div class="stack">
        <ErrorNote error={error.value} />
        <div class="row">
          <button type="button" class="button" onClick={onAgain}>
            {t.fit.back}
          </button>
        </div>
      </div>
    )
  }
  if (job.value?.state === 'done') return <Fitted result={job.value.result as FitResult} onAgain={onAgain} />
  const { done = 0, total = 0, stage } = job.value?.progress ?? {}
  // a worker that is gone had it: it goes back to the queue
  const isAtWork = job.value?.state === 'running' && trouble.value !== 'workers'
  const words = t.fit.stages[isAtWork ? (stage ?? 'images') : 'queued'] ?? stage ?? ''
  return (
    <section class="card stack">
      <Progress
        share={total > 1 ? done / total : null}
        label={words}
        {...(stage === 'images' ? { text: t.batches.progress(done, total) } : {})}
      />
      <div class="row">
        <button type="button" class="button" onClick={() => void client.cancel(id).catch(complain)}>
          {t.common.cancel}
        </button>
      </div>
    </section>
  )
}

function Fitted({ result, onAgain }: { result: FitResult; onAgain: () => void }): JSX.Element {
  const label = labelOf(result.model)
  return (
    <div class="stack">
      <section class="card stack" role="status">
        <h2 class="row">
          <VerdictMark verdict="belongs" size={24} />
          {t.fit.doneTitle(label)}
        </h2>
        <p>{t.fit.doneUsed(result.used)}</p>
        {result.leftOut && <p class="hint warn">{t.fit.leftOut(result.leftOut.images, result.leftOut.folders)}</p>}
        <div class="row">
          <a class="button primary" href={href('classify', label)}>
            {t.fit.try}
          </a>
          <a class="button" href={href('batches', null, { model: label })}>
            {t.models.batch}
          </a>
          <a class="button" href={href('models', label)}>
            {t.fit.see}
          </a>
          <button type="button" class="button quiet" onClick={onAgain}>
            {t.fit.another}
          </button>
        </div>
      </section>
      <ReportOf model={result.model} />
      <RejectedFiles rejected={result.rejected} />
      <DuplicateGroups groups={result.duplicates} areCopies={(result.model.facts?.effectiveN ?? 0) < result.model.n} />
    </div>
  )
}
