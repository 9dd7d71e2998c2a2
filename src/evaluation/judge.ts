/** From each method's scores and decisions to its row of the table. */
import { present } from '../errors.ts'
import type { MethodReport } from '../wire/comparison.ts'
import { aurocInterval, type Estimate, pairedDifference, type Resamples, resampledAuroc } from './bootstrap.ts'
import type { Method, Outcome } from './method.ts'
import { auroc, averagePrecision, confusion, precisionAt, rates, rocCurve, truePositiveRateAt } from './metrics.ts'

export interface MethodRun {
  readonly method: Method
  readonly status: MethodReport['status']
  readonly reason: string | null
  /** Of the first seed. */
  readonly outcome?: Outcome
  readonly repeats: readonly { readonly seed: number; readonly scores: Float64Array }[]
}

export interface Timing {
  /** Milliseconds to decode and embed an image. */
  readonly embedMs: number
  readonly trainImages: number
  readonly trainNegatives: number
}

const prevalences = [0.01, 0.05, 0.5] as const

export function judgeMethods(
  runs: readonly MethodRun[],
  isPositive: Uint8Array,
  alpha: number,
  resamples: Resamples,
  timing: Timing,
): MethodReport[] {
  const hasNegatives = isPositive.includes(0)
  const areas = new Map<string, Estimate>()
  if (hasNegatives) {
    for (const { method, outcome } of runs) {
      if (outcome) areas.set(method.key, resampledAuroc(outcome.scores, isPositive, resamples))
    }
  }
  const rows = runs.map((run) => judge(run, isPositive, alpha, areas.get(run.method.key), timing))
  const best = byMerit(rows)[0]
  return rows.map((row) => {
    const own = areas.get(row.key)
    if (!best || row === best || !own) return row
    return {
      ...row,
      againstBest: {
        best: best.key,
        ...pairedDifference(present(areas.get(best.key), 'the AUROC of the best method'), own),
      },
    }
  })
}

const demands = ['positives', 'reference', 'negatives']

/** Rows with an AUROC, the best first; of equals the one that needs less. */
export function byMerit(rows: readonly MethodReport[]): MethodReport[] {
  return rows
    .filter(({ auroc }) => auroc !== null)
    .sort((a, b) => (b.auroc ?? 0) - (a.auroc ?? 0) || demands.indexOf(a.needs) - demands.indexOf(b.needs))
}

function judge(
  { method, status, reason, outcome, repeats }: MethodRun,
  isPositive: Uint8Array,
  alpha: number,
  area: Estimate | undefined,
  timing: Timing,
): MethodReport {
  const named = { key: method.key, title: method.title, status, reason, needs: method.needs, againstBest: null }
  if (!outcome) return { ...named, ...unmeasured }
  const cells = confusion(outcome.accepted, isPositive)
  const shares = rates(cells)
  const embedded = timing.trainImages + (method.needs === 'positives' ? 0 : timing.trainNegatives)
  const { falseRejectionRate, falseAcceptanceRate } = shares
  return {
    ...named,
    ...shares,
    auroc: area ? area.value : null,
    aurocInterval: area ? aurocInterval(area) : null,
    averagePrecision: area ? averagePrecision(outcome.scores, isPositive) : null,
    truePositiveRate: area ? truePositiveRateAt(outcome.scores, isPositive, alpha) : null,
    confusion: cells,
    decision: outcome.decision,
    precisionAtPrevalence:
      falseRejectionRate === null || falseAcceptanceRate === null
        ? null
        : prevalences.map((prevalence) => ({
            prevalence,
            precision: precisionAt(falseRejectionRate, falseAcceptanceRate, prevalence),
          })),
    fitSeconds: outcome.fitSeconds + (outcome.usesBackbone ? (timing.embedMs * embedded) / 1000 : 0),
    scoreMs: outcome.scoreMs + (outcome.usesBackbone ? timing.embedMs : 0),
    memoryMb: outcome.memoryBytes / 1e6,
    seeds: area
      ? { values: repeats.map(({ seed }) => seed), auroc: repeats.map(({ scores }) => auroc(scores, isPositive)) }
      : null,
    notes: outcome.notes,
    history: outcome.history ?? null,
    roc: area
      ? rocCurve(outcome.scores, isPositive).map((point) => [point.falsePositiveRate, point.truePositiveRate] as const)
      : null,
  }
}

const unmeasured = {
  auroc: null,
  aurocInterval: null,
  averagePrecision: null,
  truePositiveRate: null,
  falseRejectionRate: null,
  falseAcceptanceRate: null,
  accuracy: null,
  confusion: null,
  decision: null,
  precisionAtPrevalence: null,
  fitSeconds: null,
  scoreMs: null,
  memoryMb: null,
  seeds: null,
  notes: [],
  history: null,
  roc: null,
} as const
