/** One image, large, beside everything that is known of it. Its boxes keep their size while answers come. */
import type { JSX } from 'preact'
import { pValue } from '../format.ts'
import { oddWords } from '../models/promise.ts'
import { href } from '../routes.ts'
import { takesRequests, trouble } from '../service/health.ts'
import type { ClassifyResult, Model } from '../service/types.ts'
import { t } from '../text.ts'
import { Icon } from '../ui/icons.tsx'
import { ErrorWords } from '../ui/notes.tsx'
import { VerdictMark } from '../ui/verdict-mark.tsx'
import { agreementOf, oneIn, verdictOf, verdictOfError } from '../verdict.ts'
import { AllModels } from './all-models.tsx'
import { type Asked, explain, hideHeat, retry, selected } from './asked.ts'
import { HeatLegend, HeatPicture } from './heat.tsx'
import { Nearest } from './nearest.tsx'
import { Opinions } from './opinions.tsx'

export function Stage({ model, alpha }: { model: Model; alpha: number }): JSX.Element | null {
  const one = selected.value
  if (one === undefined) return null
  const result = one.answer !== null && 'result' in one.answer ? one.answer.result : null
  const hasFailed = one.answer !== null && 'error' in one.answer
  return (
    <section class={hasFailed ? 'stage card failed' : 'stage card'} aria-label={t.classify.imageOf(one.name)}>
      <figure>
        <div class="stage-picture">
          <HeatPicture
            url={one.url}
            alt={one.name}
            map={one.isHeatHidden ? null : result?.heatmap}
            regions={result?.regions ?? []}
          />
        </div>
        <figcaption class="cut" title={one.name}>
          {one.name}
        </figcaption>
        <div class="heat-box">{result && <HeatWords one={one} result={result} model={model} />}</div>
      </figure>
      <div class="stage-words">
        <VerdictBlock one={one} model={model} alpha={alpha} />
        <div class="stage-detail">
          {result && <Opinions result={result} alpha={alpha} n={model.calibrationScores} />}
        </div>
        <div class="stage-nearest">{result && <Nearest result={result} model={model} />}</div>
        {result && <AllModels one={one} />}
        <div class="row stage-more">
          {result && (
            <a class="button small" href={href('map', one.model)}>
              {t.classify.onMap}
            </a>
          )}
        </div>
      </div>
    </section>
  )
}

/** The way to the heat map, and what it says. */
function HeatWords({ one, result, model }: { one: Asked; result: ClassifyResult; model: Model }): JSX.Element {
  const { heatmap, regions = [] } = result
  if (heatmap)
    return (
      <>
        {one.isHeatHidden ? <span /> : <HeatLegend map={heatmap} regions={regions} />}
        <button type="button" class="button small" onClick={() => hideHeat(one.id, !one.isHeatHidden)}>
          {one.isHeatHidden ? t.classify.whereShow : t.classify.whereHide}
        </button>
      </>
    )
  if (one.isExplained || model.detail === undefined) return <p class="hint">{t.classify.whereNone}</p>
  return (
    <button type="button" class="button small" disabled={one.isExplaining} onClick={() => explain(one.id)}>
      {one.isExplaining ? <span class="spinner" aria-hidden="true" /> : <Icon name="expand" size={16} />}
      {t.classify.whereShow}
    </button>
  )
}

function VerdictBlock({ one, model, alpha }: { one: Asked; model: Model; alpha: number }): JSX.Element {
  if (one.answer === null) {
    return (
      <div class="verdict waiting" role="status">
        <p class="verdict-line">
          <span class="spinner" aria-hidden="true" />
          {waitingWords()}
        </p>
      </div>
    )
  }
  if ('error' in one.answer) {
    const verdict = verdictOfError(one.answer.error.code)
    return (
      <div class={`verdict ${verdict}`} role="status">
        <p class="verdict-line">
          <VerdictMark verdict={verdict} size={34} />
          {t.verdict[verdict]}
        </p>
        <p>
          <ErrorWords error={one.answer.error} />
        </p>
        {verdict === 'unanswered' && (
          <p class="row">
            <span class="soft">{t.classify.notTheImage}</span>
            <button type="button" class="button small" onClick={() => retry(one.id)}>
              {t.common.retry}
            </button>
          </p>
        )}
      </div>
    )
  }
  const { result } = one.answer
  const verdict = verdictOf(result, alpha)
  return (
    <div class={`verdict ${verdict}`} role="status">
      <p class="verdict-line">
        <VerdictMark verdict={verdict} size={34} />
        {t.verdict[verdict]}
      </p>
      <p>
        {oddWords(model, result.pValue)} <span class="numbers soft">{t.classify.pValue(pValue(result.pValue))}</span>
      </p>
      <p class="soft">
        {t.classify.agree[agreementOf(result, alpha)]} {t.classify.why(oneIn(alpha))}
      </p>
    </div>
  )
}

export function waitingWords(): string {
  if (trouble.value === 'key') return t.classify.waitsForKey
  if (!takesRequests.value) return t.classify.waitsForService
  if (trouble.value === 'queue') return t.classify.waitsForService
  return trouble.value === 'workers' ? t.classify.waitsForWorker : t.classify.waiting
}
