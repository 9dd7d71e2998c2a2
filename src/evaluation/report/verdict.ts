/** The result in a few findings, for someone who reads nothing else. */
import type { MethodReport } from '../../wire/comparison.ts'
import type { Finding } from '../../wire/findings.ts'
import type { CurvePoint } from '../compare-report.ts'
import { byMerit } from '../judge.ts'

export function findingsOf(
  methods: readonly MethodReport[],
  curve: readonly CurvePoint[],
  alpha: number,
  tested: { readonly positives: number; readonly negatives: number },
): Finding[] {
  const done = methods.filter(({ status }) => status === 'done')
  if (done.length === 0) return [{ code: 'nothingRan' }]
  if (tested.negatives === 0) {
    const rejects = find(done, 'ensemble')?.falseRejectionRate ?? null
    return [{ code: 'noNegatives', positives: tested.positives, rejects, alpha }]
  }
  const ranked = byMerit(done)
  const [best] = ranked
  if (best === undefined) return [{ code: 'nothingRan' }]
  const out: Finding[] = [
    { code: 'best', method: best.key, auroc: best.auroc ?? 0, interval: best.aurocInterval as [number, number] | null },
  ]
  const even = ranked.slice(1).filter(({ againstBest }) => againstBest && !againstBest.isReal)
  if (even.length > 0)
    out.push({ code: 'even', methods: even.map(({ key }) => key), images: tested.positives + tested.negatives })
  const ensemble = find(ranked, 'ensemble')
  if (ensemble)
    out.push({
      code: 'served',
      isBest: ensemble === best,
      auroc: ensemble.auroc ?? 0,
      interval: ensemble.aurocInterval as [number, number] | null,
      rejects: ensemble.falseRejectionRate ?? 0,
      passes: ensemble.falseAcceptanceRate ?? 0,
      alpha,
    })
  const [binary] = byMerit(ranked.filter(({ key }) => key === 'binary-cnn' || key === 'transfer-binary'))
  if (ensemble && binary)
    out.push({
      code: 'negatives',
      method: binary.key,
      gap: (binary.auroc ?? 0) - (ensemble.auroc ?? 0),
      mayBeChance: ensemble.againstBest?.isReal === false,
    })
  const naive = find(ranked, 'naive-cnn')
  if (naive) {
    const { confusion } = naive
    const acceptsAll = confusion !== null && confusion.negativeRejected + confusion.positiveRejected === 0
    out.push({ code: 'naive', auroc: naive.auroc ?? 0, acceptsAll })
  }
  const photos = ofCurve(curve)
  return photos ? [...out, photos] : out
}

function ofCurve(curve: readonly CurvePoint[]): Finding | undefined {
  const points = curve.filter(({ method }) => method === 'ensemble')
  const [before, last] = [points.at(-2), points.at(-1)]
  if (!last || !before) return undefined
  return {
    code: 'photos',
    from: before.positives,
    to: last.positives,
    gain: last.auroc - before.auroc,
    mayBeChance: last.gainIsReal !== true,
  }
}

function find(rows: readonly MethodReport[], key: string): MethodReport | undefined {
  return rows.find((row) => row.key === key)
}
