/** What is decided about a batch besides each image: done when its results are read, so it can be asked again otherwise. */
import { decide } from '../detectors/decide.ts'
import { flagDiscoveries } from '../detectors/promise.ts'
import type { BatchLine } from '../wire/batch.ts'
import { type Decisions, decidesAnything } from '../wire/decisions.ts'

/** Those of some fields that are given. */
export function decisionsOf({ fdr, abstain }: Decisions): Decisions {
  return { ...(fdr !== undefined && { fdr }), ...(abstain !== undefined && { abstain }) }
}

/**
 * Lines of results with `flagged` and `verdict` where they are asked for.
 * @param read lines from the `from`-th on; with `follow` until the batch is finished. Throws where it ends before that: of a part of the
 *   lines no flags are made
 * @param decisions of a batch of an earlier version there is no number of held-out scores: nothing can be decided then
 */
export async function* decideLines(
  read: (from: number, follow: boolean) => AsyncIterable<string>,
  from: number,
  follow: boolean,
  { calibrationScores, ...decisions }: Decisions & { readonly calibrationScores?: number },
): AsyncGenerator<string> {
  if (calibrationScores === undefined || !decidesAnything(decisions)) {
    yield* read(from, follow)
    return
  }
  const { fdr, ...alone } = decisions
  if (fdr === undefined) {
    for await (const line of read(from, follow)) yield decideLine(line, calibrationScores, alone)
    return
  }
  // twice through the lines, so that of a long batch only p-values are in memory
  const pValues: number[] = []
  for await (const line of read(0, follow)) {
    const result = JSON.parse(line) as BatchLine
    pValues.push('error' in result ? Number.NaN : result.pValue)
  }
  const { flagged } = flagDiscoveries(pValues, fdr)
  let at = from
  for await (const line of read(from, false)) {
    if (at >= flagged.length) return
    for (const result of decide([JSON.parse(line) as BatchLine], calibrationScores, alone))
      yield JSON.stringify('error' in result ? result : { ...result, flagged: flagged[at] === 1 })
    at++
  }
}

function decideLine(line: string, calibrationScores: number, decisions: Decisions): string {
  return JSON.stringify(decide([JSON.parse(line) as BatchLine], calibrationScores, decisions)[0])
}
