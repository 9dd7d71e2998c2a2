/** The order of methods in the report: the best first, those without an AUROC as they came. Each keeps its colour. */
import type { MethodReport } from '../../wire/comparison.ts'

export interface RankedMethod {
  readonly row: MethodReport
  /** Index of its colour. */
  readonly colour: number
}

export function ranked(methods: readonly MethodReport[]): RankedMethod[] {
  return methods.map((row, colour) => ({ row, colour })).sort((a, b) => (b.row.auroc ?? -1) - (a.row.auroc ?? -1))
}
