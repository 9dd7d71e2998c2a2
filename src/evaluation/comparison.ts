/** What a comparison says: the content of report.json (documented in docs/compare.md). */
import type { Skipped } from '../images/left-out.ts'
import type { MethodReport } from '../wire/comparison.ts'
import type { ErrorBody } from '../wire/error.ts'
import type { Finding } from '../wire/findings.ts'
import type { Split } from '../wire/splits.ts'

/** The split of an image, by its part and label. */
export const splitOf = {
  train: { positive: 'trainPositive', negative: 'trainNegative' },
  test: { positive: 'testPositive', negative: 'testNegative' },
} as const

export interface CurvePoint {
  readonly method: string
  readonly positives: number
  readonly draws: number
  readonly auroc: number
  readonly lowest: number
  readonly highest: number
  /** Of the last point of the ensemble: whether its gain over the point before is more than chance on these test images. */
  readonly gainIsReal?: boolean
}

export interface EmbeddedPoint {
  readonly image: string
  readonly split: Split
  readonly pca: readonly [number, number]
  readonly umap: readonly [number, number] | null
}

export interface Comparison {
  readonly format: 'oneclass-compare'
  readonly version: 1
  readonly createdAt: string
  readonly title: string
  /** The command that repeats it. */
  readonly command: string
  readonly quick: boolean
  readonly alpha: number
  readonly seed: number
  readonly backbone: { readonly id: string; readonly hash: string; readonly dim: number }
  readonly environment: { readonly node: string; readonly cpus: number; readonly oneclass: string }
  readonly seconds: number
  readonly data: {
    readonly counts: Readonly<Record<Split, { readonly found: number; readonly used: number }>>
    readonly unreadable: readonly { readonly split: Split; readonly image: string; readonly error: ErrorBody }[]
    /** What else is in the folders; absent where they were not read by us. */
    readonly skipped?: readonly Skipped[]
    /** Test images that nearly repeat a training image. */
    readonly nearDuplicates: readonly { readonly image: string; readonly of: string; readonly bits: number }[]
    readonly nearDuplicatesDropped: boolean
    readonly warnings: readonly string[]
  }
  /** As codes with their numbers; `verdict` has them in English. */
  readonly findings: readonly Finding[]
  readonly verdict: readonly string[]
  readonly methods: readonly MethodReport[]
  readonly learningCurve: readonly CurvePoint[]
  readonly labelNoise: readonly { readonly image: string; readonly score: number; readonly pValue: number }[]
  readonly embedding: readonly EmbeddedPoint[]
}
