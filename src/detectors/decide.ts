/** Decisions on a whole folder, when every image has its p-value: which to flag, and where the model cannot say. */
import type { Decisions } from '../wire/decisions.ts'
import type { ManyResult, ManyRow } from '../wire/many.ts'
import { assertDiscoveryRate, flagDiscoveries, verdictOf } from './promise.ts'

interface Scored {
  readonly pValue: number
  readonly alpha: number
}
type Entry = Scored | { readonly error: unknown }

/**
 * Results with `flagged` and `verdict` where they are asked for; those with an error stay as they are.
 * @param calibrationScores held-out scores of the model
 * @throws INVALID_ARGUMENT
 */
export function decide<T extends Entry>(
  results: readonly T[],
  calibrationScores: number,
  { fdr, abstain }: Decisions,
): T[] {
  if (fdr !== undefined) assertDiscoveryRate(fdr)
  const pValues = results.map((result) => ('pValue' in result ? result.pValue : Number.NaN))
  const flagged = fdr === undefined ? undefined : flagDiscoveries(pValues, fdr).flagged
  return results.map((result, i) => {
    if (!('pValue' in result)) return result
    return {
      ...result,
      ...(flagged && { flagged: flagged[i] === 1 }),
      ...(abstain && { verdict: verdictOf(calibrationScores, result.pValue, result.alpha) }),
    }
  })
}

/**
 * Results as they come, each decided alone; with `fdr` all at the end, since flags need every p-value.
 * @param decideAll `decide` or `decideMany`
 */
export async function* decided<T>(
  results: AsyncIterable<T>,
  decideAll: (results: readonly T[]) => readonly T[],
  { fdr }: { readonly fdr?: number | undefined },
): AsyncGenerator<T, void, undefined> {
  const all: T[] = []
  for await (const result of results) {
    if (fdr === undefined) yield* decideAll([result])
    else all.push(result)
  }
  yield* decideAll(all)
}

const noAnswer = { error: null }

/**
 * The same for several models: each model's answers are a folder of its own.
 * @param calibrationScores held-out scores of each model, by the name under which it was asked
 */
export function decideMany<T extends ManyResult | ManyRow>(
  results: readonly T[],
  calibrationScores: ReadonlyMap<string, number>,
  decisions: Decisions,
): T[] {
  const decided = new Map(
    [...calibrationScores].map(([ref, n]) => {
      const answers = results.map((result) => ('models' in result ? result.models[ref]! : noAnswer))
      return [ref, decide(answers, n, decisions)] as const
    }),
  )
  return results.map((result, i) => {
    if (!('models' in result)) return result
    const models = Object.entries(result.models).map(([ref, answer]) => [ref, decided.get(ref)?.[i] ?? answer])
    return { ...result, models: Object.fromEntries(models) }
  })
}
