/** The result in a few sentences, for someone who reads nothing else. */
import type { MethodReport } from '../../wire/comparison.ts'
import type { CurvePoint } from '../compare-report.ts'
import { byMerit } from '../judge.ts'

const percent = (share: number): string => `${(100 * share).toFixed(share > 0.995 || share < 0.1 ? 1 : 0)} %`

export function verdict(
  methods: readonly MethodReport[],
  curve: readonly CurvePoint[],
  alpha: number,
  tested: { readonly positives: number; readonly negatives: number },
): string[] {
  const done = methods.filter(({ status }) => status === 'done')
  if (done.length === 0) return ['No method could be run; the table says why.']
  if (tested.negatives === 0) return withoutNegatives(done, alpha, tested.positives)
  const ranked = byMerit(done)
  const best = ranked[0]!
  const out = [
    `Best on your images: ${best.title}, AUROC ${best.auroc!.toFixed(3)}${interval(best)}: given one image of the class and one other, it puts the right one first ${percent(best.auroc!)} of the time.`,
  ]
  const even = ranked.slice(1).filter(({ againstBest }) => againstBest && !againstBest.isReal)
  if (even.length > 0) {
    out.push(
      `Not really different from it on these ${tested.positives + tested.negatives} test images: ${list(even.map(({ title }) => title))}.`,
    )
  }
  const ensemble = find(ranked, 'ensemble')
  if (ensemble) out.push(ensembleSentence(ensemble, best, alpha))
  const binary = ['binary-cnn', 'transfer-binary'].map((key) => find(ranked, key)).filter((row) => row !== undefined)
  if (ensemble && binary.length > 0) out.push(binarySentence(ensemble, binary))
  const naive = find(ranked, 'naive-cnn')
  if (naive) {
    const same = naive.confusion && naive.confusion.negativeRejected + naive.confusion.positiveRejected === 0
    out.push(
      same
        ? 'The naive one-class CNN of 2019 collapsed, as it must: it says yes to every image.'
        : `The naive one-class CNN of 2019 reaches AUROC ${naive.auroc!.toFixed(2)}; nothing in its training asks for more.`,
    )
  }
  const photos = curveSentence(curve)
  if (photos) out.push(photos)
  return out
}

function ensembleSentence(ensemble: MethodReport, best: MethodReport, alpha: number): string {
  const share = ensemble.falseRejectionRate ?? 0
  const passed = ensemble.falseAcceptanceRate ?? 0
  const place =
    ensemble === best
      ? 'The ensemble that oneclass serves'
      : `The ensemble that oneclass serves has AUROC ${ensemble.auroc!.toFixed(3)}${interval(ensemble)}; at your alpha it`
  return `${place} ${ensemble === best ? 'is that one; it ' : ''}rejects ${percent(share)} of the class (alpha promises at most ${percent(alpha)} on average) and lets ${percent(passed)} of the other images through.`
}

function binarySentence(ensemble: MethodReport, binary: readonly MethodReport[]): string {
  const best = binary.reduce((a, b) => (b.auroc! > a.auroc! ? b : a))
  const gap = best.auroc! - ensemble.auroc!
  if (gap > 0.005) {
    if (ensemble.againstBest?.isReal === false)
      return `Negatives may pay here: ${best.title}, which trains on them, is ahead of the ensemble by ${gap.toFixed(3)} AUROC, which may be chance on so few images.`
    return `Negatives pay here: ${best.title} is ahead of the ensemble by ${gap.toFixed(3)} AUROC. It knows negatives of the training kind; what comes later may differ.`
  }
  return `Negatives are not needed here: ${best.title}, which trains on them, is ${gap < -0.005 ? `behind the ensemble by ${(-gap).toFixed(3)} AUROC` : 'level with the ensemble'}.`
}

function curveSentence(curve: readonly CurvePoint[]): string | undefined {
  const points = curve.filter(({ method }) => method === 'ensemble')
  const last = points.at(-1)
  const before = points.at(-2)
  if (!last || !before) return undefined
  const gain = last.auroc - before.auroc
  const from = `from ${before.positives} to ${last.positives} positives moved the ensemble by ${gain >= 0 ? '+' : '−'}${Math.abs(gain).toFixed(3)} AUROC`
  return gain > 0.01
    ? `More photos would likely help: ${from}.`
    : `More photos of the same sort would change little: ${from}.`
}

function withoutNegatives(done: readonly MethodReport[], alpha: number, positives: number): string[] {
  const ensemble = find(done, 'ensemble')
  const out = [
    `With no test negatives nothing can be said about what gets through; this is how ${positives} positives fared.`,
  ]
  if (ensemble?.falseRejectionRate != null) {
    out.push(
      `The ensemble rejects ${percent(ensemble.falseRejectionRate)} of them; alpha promises at most ${percent(alpha)} on average.`,
    )
  }
  return out
}

function find(rows: readonly MethodReport[], key: string): MethodReport | undefined {
  return rows.find((row) => row.key === key)
}

function interval(row: MethodReport): string {
  return row.aurocInterval ? ` (${row.aurocInterval[0].toFixed(3)} to ${row.aurocInterval[1].toFixed(3)})` : ''
}

function list(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join('; ')}; and ${items.at(-1)}`
}
