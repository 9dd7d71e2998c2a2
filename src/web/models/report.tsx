/** What a fit says of itself: what its threshold promises, what its photos are worth, and which of them do not fit. */
import { Fragment, type JSX } from 'preact'
import { missesSmallDefects } from '../../wire/drawn-defects.ts'
import { fewestForMisfits } from '../../wire/misfits.ts'
import { baseName, decimal, percent } from '../format.ts'
import { client } from '../service/api.ts'
import { type FitFacts, type FitReport, labelOf, type Model, type Positives } from '../service/types.ts'
import { t } from '../text.ts'
import { useLoad } from '../ui/load.ts'
import { ErrorNote } from '../ui/notes.tsx'
import { Picture } from '../ui/picture.tsx'
import { oneIn } from '../verdict.ts'
import { usePositives } from './strip.tsx'

/** Misfits that are shown at once. */
const most = 12

export function ReportOf({ model }: { model: Model }): JSX.Element {
  const { data, error, reload } = useLoad(() => client.model(labelOf(model)), [model.sha256, model.alpha])
  return (
    <section class="card stack report" aria-label={t.report.title}>
      <h2>{t.report.title}</h2>
      {error && <ErrorNote error={error} onRetry={reload} />}
      <div class="report-body">{data && <Numbers report={data.report} places={model.facts?.places} />}</div>
      <Advice model={model} />
      <Misfits model={model} />
    </section>
  )
}

function Numbers({ report, places }: { report: FitReport; places: FitFacts['places'] }): JSX.Element {
  const {
    n,
    groups,
    effectiveN,
    expectedFalseRejection: rate,
    smallestAlpha,
    power,
    negativesPower,
    askedAlpha,
    confidence,
  } = report
  const rows: [string, string][] = [
    [t.report.photos, groups === 0 ? t.report.alone(n) : t.report.groups(n, groups, effectiveN)],
    [
      t.report.rejected,
      rate.mean === 0
        ? t.report.rejectsNothing
        : t.report.promise(percent(rate.mean), percent(rate.low), percent(rate.high)),
    ],
    [t.report.smallest, t.alpha.short(oneIn(smallestAlpha))],
    [t.report.power, power ? t.report.powerOf(percent(power.share), power.images) : t.report.powerNone],
    ...(negativesPower
      ? [[t.report.given, t.report.givenOf(percent(negativesPower.share), negativesPower.images)] as [string, string]]
      : []),
  ]
  if (places && missesSmallDefects(places))
    rows.push([t.report.smallDefects, t.report.smallDefectsMissed(decimal(places.with, 2))])
  if (confidence !== undefined && askedAlpha !== undefined)
    rows.splice(2, 0, [t.report.confidence, t.report.confident(percent(confidence), percent(askedAlpha))])
  return (
    <dl class="facts">
      {rows.map(([name, words]) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd>{words}</dd>
        </Fragment>
      ))}
    </dl>
  )
}

/** What would make the model better, in sentences. */
function Advice({ model }: { model: Model }): JSX.Element | null {
  const { facts, n } = model
  const sentences = [
    ...(n < 50 ? [t.report.few(n)] : []),
    ...(facts && facts.groups > 0 && facts.effectiveN < 0.9 * n ? [t.report.copies(n, facts.effectiveN)] : []),
    ...(facts?.negatives?.ofPositives
      ? [t.report.onBothSides(facts.negatives.ofPositives, facts.negatives.pValues.length)]
      : []),
    ...(facts?.kinds
      ? [t.report.kinds(facts.kinds.size, n, facts.kinds.examples.slice(0, 3).map(baseName).join(', '))]
      : []),
    ...(facts ? [] : [t.report.older]),
  ]
  if (sentences.length === 0) return null
  return (
    <ul class="advice">
      {sentences.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  )
}

function Misfits({ model }: { model: Model }): JSX.Element | null {
  const positives = usePositives(model)
  const misfits = model.facts?.misfits ?? []
  if (!model.facts) return null
  if (misfits.length === 0)
    return (
      <p class="muted">{model.n < fewestForMisfits ? t.report.fewForMisfits(fewestForMisfits) : t.report.noMisfits}</p>
    )
  return (
    <>
      <h3>{t.report.misfits(misfits.length, model.n)}</h3>
      <ul class="misfits">
        {misfits.slice(0, most).map((misfit) => (
          <li key={misfit.row}>
            <Picture path={pictureOf(positives, misfit.row)} alt="" />
            <span>
              <strong class="cut">{baseName(misfit.image)}</strong>
              <span class="muted">{reasonOf(misfit)}</span>
            </span>
          </li>
        ))}
      </ul>
      {misfits.length > most && <p class="hint">{t.report.more(misfits.length - most)}</p>}
    </>
  )
}

/** Why a photo does not look as if it belonged. */
export function reasonOf({ times, nearest, similarity }: FitFacts['misfits'][number]): string {
  return t.report.reason(decimal(times, 1), baseName(nearest), percent(Math.max(0, similarity)))
}

function pictureOf(positives: Positives | null | undefined, row: number): string | null | undefined {
  return positives?.images[row]?.thumbnail
}
