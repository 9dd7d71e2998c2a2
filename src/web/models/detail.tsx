/** One version of a model: its facts, its alpha, whether what it sees has drifted, and the photos that it was taught. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { bytes, count, date, pValue } from '../format.ts'
import { href } from '../routes.ts'
import { client } from '../service/api.ts'
import { type Drift, labelOf, type Model, type PromiseKept } from '../service/types.ts'
import { t } from '../text.ts'
import { AlphaRaised, AlphaSlider } from '../ui/alpha-slider.tsx'
import { Icon } from '../ui/icons.tsx'
import { useLoad } from '../ui/load.ts'
import { complain, say } from '../ui/notes.tsx'
import { offered, oneIn } from '../verdict.ts'
import { ModelMenu } from './actions.tsx'
import { PositivesGallery } from './positives.tsx'
import { ReportOf } from './report.tsx'
import { findModel, loadModels, versionsOf } from './store.ts'

export function ModelDetail({ label }: { label: string }): JSX.Element {
  const model = findModel(label)
  if (model === undefined) {
    return (
      <div class="view">
        <h1>{label}</h1>
        <p class="note error" role="alert">
          {t.models.gone(label)}
        </p>
        <a href={href('models')}>{t.models.title}</a>
      </div>
    )
  }
  const versions = versionsOf(model.name)
  return (
    <div class="view">
      <div class="view-head">
        <div>
          <p class="crumb">
            <a href={href('models')}>{t.models.title}</a>
          </p>
          <h1>
            {model.name} <span class="chip">{t.models.version(model.version)}</span>
            {versions.length > 1 && model.serving && <span class="chip accent">{t.models.inUse}</span>}
          </h1>
        </div>
        <div class="row">
          <a class="button primary" href={href('classify', label)}>
            {t.models.classify}
          </a>
          <a class="button" href={href('batches', null, { model: labelOf(model) })}>
            {t.models.batch}
          </a>
          <a class="button" href={href('map', labelOf(model))}>
            {t.nav.map}
          </a>
          <ModelMenu model={model} all={versions.length === 1} />
        </div>
      </div>
      <div class="detail-cards">
        <section class="card">
          <Facts model={model} />
          {versions.length > 1 && (
            <p class="row versions">
              {versions.map((other) => (
                <a
                  key={other.version}
                  class={other.version === model.version ? 'chip accent' : 'chip'}
                  href={href('models', labelOf(other))}
                  {...(other.version === model.version ? { 'aria-current': 'true' as const } : {})}
                >
                  {t.models.version(other.version)}
                </a>
              ))}
            </p>
          )}
        </section>
        <section class="card stack">
          <AlphaOfModel model={model} />
        </section>
        <section class="card">
          <h2>{t.models.drift}</h2>
          <DriftOfModel label={labelOf(model)} />
        </section>
      </div>
      <ReportOf model={model} />
      <PositivesGallery model={model} />
    </div>
  )
}

function Facts({ model }: { model: Model }): JSX.Element {
  return (
    <dl class="facts">
      <dt>{t.models.columns.photos}</dt>
      <dd>{count(model.n)}</dd>
      <dt>{t.models.columns.made}</dt>
      <dd>{date(model.createdAt)}</dd>
      <dt>{t.models.columns.size}</dt>
      <dd>{bytes(model.bytes)}</dd>
      <dt>{t.models.facts.backbone}</dt>
      <dd>{model.backbone?.id ?? t.models.onFeatures}</dd>
      {(model.light || model.enlarged || model.detail) && (
        <>
          <dt>{t.models.facts.way}</dt>
          <dd>
            {[
              model.light && t.models.lightEven,
              model.enlarged && t.models.twoSizes(model.enlarged),
              model.detail && t.models.placesAt(model.detail),
            ]
              .filter(Boolean)
              .join(', ')}
          </dd>
        </>
      )}
      <dt>{t.models.facts.hash}</dt>
      <dd>
        <code>{model.sha256.slice(0, 12)}</code>
      </dd>
    </dl>
  )
}

function AlphaOfModel({ model }: { model: Model }): JSX.Element {
  /** Null: as the model has it, also when others set it meanwhile. */
  const chosen = useSignal<number | null>(null)
  const alpha = offered(chosen.value ?? model.alpha, model.calibrationScores)
  const isChanged = Math.abs(alpha - model.alpha) > 1e-9
  const save = async () => {
    try {
      await client.update(labelOf(model), { alpha })
      await loadModels()
      chosen.value = null
      say(t.alpha.kept)
    } catch (error) {
      complain(error)
    }
  }
  return (
    <>
      <AlphaSlider
        alpha={alpha}
        n={model.calibrationScores}
        calibration={model.calibration}
        help={t.alpha.fitHelp}
        onChange={(next) => (chosen.value = next)}
      />
      <AlphaRaised model={model} shown={alpha} />
      <div class="row">
        <button type="button" class="button" disabled={!isChanged} onClick={() => void save()}>
          {t.alpha.keep}
        </button>
      </div>
    </>
  )
}

function DriftOfModel({ label }: { label: string }): JSX.Element {
  const { data } = useLoad(() => client.model(label), [label])
  if (!data) return <div class="drift" />
  return (
    <div class="drift">
      <DriftWords drift={data.drift} />
      <PromiseWords promise={data.promise} alpha={data.alpha} />
    </div>
  )
}

/** Whether good images of today are rejected as rarely as promised. */
function PromiseWords({ promise, alpha }: { promise: PromiseKept | undefined; alpha: number }): JSX.Element {
  if (promise === undefined) return <p class="hint promise-kept">{t.models.promiseUnknown}</p>
  const { images, rejected, isUniform, pValue: p } = promise
  return (
    <p class={isUniform ? 'promise-kept' : 'promise-kept warn-text'}>
      {isUniform
        ? t.models.promiseKept(images, rejected, oneIn(alpha), pValue(p))
        : t.models.promiseBroken(images, rejected, oneIn(alpha), pValue(p))}
    </p>
  )
}

/** With fewer accepted images their monitor cannot give an alarm, or hardly, so its silence says nothing. */
const tellingImages = 20

export function DriftWords({ drift }: { drift: Drift }): JSX.Element {
  const { all, accepted, rejected } = drift
  if (all.images === 0) return <p class="muted">{t.models.driftFresh}</p>
  const isAlarm = accepted.alarm || all.alarm
  const isOpen = !isAlarm && accepted.images < tellingImages
  const { falseAlarmBound } = accepted.alarm || !all.alarm ? accepted : all
  return (
    <>
      <p class={isAlarm ? 'drift-words warn-text' : 'drift-words'}>
        {!isOpen && <Icon name={isAlarm ? 'operations' : 'check'} size={18} />}
        {accepted.alarm
          ? t.models.driftAlarm
          : all.alarm
            ? t.models.driftAll
            : isOpen
              ? t.models.driftOpen(accepted.images)
              : t.models.driftNone}
      </p>
      <p class="hint">{t.models.driftDetail(all.images, rejected, isOpen ? 1 : oneCaseIn(falseAlarmBound))}</p>
    </>
  )
}

/** 1 / bound to its first digit, rounded down; not beyond a million. */
function oneCaseIn(bound: number): number {
  const k = Math.min(1e6, 1 / bound)
  const unit = 10 ** Math.floor(Math.log10(Math.max(1, k)))
  return Math.floor(k / unit) * unit
}
