/** Where is an image relative to the model's own? Chosen, computed by a worker, then looked at. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { titleOf } from '../batches/title.ts'
import { NoModel } from '../classify/view.tsx'
import { ago } from '../format.ts'
import { findModel, models, newest } from '../models/store.ts'
import { go, route } from '../routes.ts'
import { client } from '../service/api.ts'
import { followJob, isFinished } from '../service/follow.ts'
import { type Batch, type Job, labelOf, type MapPoint } from '../service/types.ts'
import { t } from '../text.ts'
import { useLoad } from '../ui/load.ts'
import { ModelSelect } from '../ui/model-select.tsx'
import { ErrorNote, type Failure, failureOf } from '../ui/notes.tsx'
import { Progress } from '../ui/progress.tsx'
import { Scatter } from './scatter.tsx'

/** Maps that were drawn: a version and a batch do not change, so neither does their map. */
const drawn = new Map<string, readonly MapPoint[]>()

export function MapPage(): JSX.Element {
  const { argument, query } = route.value
  const model = findModel(argument) ?? newest.value[0]
  if (models.value === null) return <div class="view">{<h1>{t.map.title}</h1>}</div>
  if (model === undefined) return <NoModel title={t.map.title} />
  const label = labelOf(model)
  const batch = query.get('batch') ?? ''
  return (
    <div class="view">
      <div class="view-head">
        <div>
          <h1>{t.map.title}</h1>
          <p>{t.map.lead}</p>
        </div>
        <div class="row">
          <ModelSelect value={label} onChange={(next) => go('map', next)} />
          <BatchSelect label={label} value={batch} />
        </div>
      </div>
      {argument !== null && findModel(argument) === undefined && (
        <p class="note warn" role="status">
          {t.classify.gone(argument, label)}
        </p>
      )}
      <MapOf key={`${label} ${batch}`} label={label} batch={batch} />
    </div>
  )
}

function BatchSelect({ label, value }: { label: string; value: string }): JSX.Element {
  const { data } = useLoad(() => client.batches(), [])
  const fitting = (data ?? []).filter(
    (batch: Batch) => isFinished(batch) && batch.keeps?.map && (batch.model ?? label) === label,
  )
  return (
    <div class="field inline">
      <label for="map-batch">{t.map.batch}</label>
      <select
        id="map-batch"
        value={value}
        onChange={({ currentTarget }) =>
          go('map', label, currentTarget.value === '' ? {} : { batch: currentTarget.value })
        }
      >
        <option value="">{t.map.onlyPositives}</option>
        {fitting.map((batch) => (
          <option key={batch.id} value={batch.id}>
            {titleOf(batch)}, {t.common.images(batch.progress.total)}, {ago(batch.createdAt)}
          </option>
        ))}
      </select>
    </div>
  )
}

function MapOf({ label, batch }: { label: string; batch: string }): JSX.Element {
  const name = `${label} ${batch}`
  const points = useSignal<readonly MapPoint[] | null>(drawn.get(name) ?? null)
  const job = useSignal<Job | null>(null)
  const error = useSignal<Failure | null>(null)
  const tries = useSignal(0)
  useEffect(() => {
    error.value = null
    if (points.value !== null) return
    const controller = new AbortController()
    const draw = async () => {
      const started = await client.map(label, batch === '' ? {} : { batch })
      const done = await followJob(started.id, (view) => (job.value = view), controller.signal)
      if (done.error) {
        error.value = done.error
        return
      }
      if (done.type !== 'map' || done.result === null) return
      points.value = done.result.points
      drawn.set(name, points.value)
    }
    draw().catch((thrown) => {
      if (!controller.signal.aborted) error.value = failureOf(thrown)
    })
    return () => controller.abort()
  }, [tries.value])

  if (error.value) return <ErrorNote error={error.value} onRetry={() => tries.value++} />
  if (points.value !== null) return <Scatter points={points.value} label={label} batch={batch} />
  const { done = 0, total = 0 } = job.value?.progress ?? {}
  return (
    <div class="card map-waiting">
      <Progress share={total > 1 ? done / total : null} label={t.map.drawing} />
    </div>
  )
}
