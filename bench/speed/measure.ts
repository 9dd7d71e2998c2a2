/**
 * How `npm run bench` measures: contenders take turns within each round, so that a machine that changes its speed changes all of
 * them alike. Ratios are taken within a round; their median and range are told.
 */

/** Milliseconds of one run; NaN where it could not run. */
export type Contender = () => Promise<number> | number

export interface Measured {
  readonly group: string
  readonly name: string
  /** Median over the rounds, milliseconds. */
  readonly ms: number
  /** This one's time divided by ours, in the same round: median, least and most. Undefined for ours itself. */
  readonly ratio?: { readonly median: number; readonly least: number; readonly most: number }
  readonly note: string
}

export interface Subject {
  readonly group: string
  /** The first is ours; the others are peers or limits. */
  readonly contenders: readonly { readonly name: string; readonly note?: string; readonly run: Contender }[]
  readonly rounds: number
}

export async function measure({ group, contenders, rounds }: Subject): Promise<Measured[]> {
  const times = contenders.map((): number[] => [])
  for (let round = 0; round < rounds; round++)
    for (const [k, { run }] of contenders.entries()) times[k]!.push(await run())
  return contenders.map(({ name, note = '' }, k) => {
    const ratios = times[k]!.map((time, round) => time / times[0]![round]!)
    return {
      group,
      name,
      ms: median(times[k]!),
      ...(k > 0 && { ratio: { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) } }),
      note,
    }
  })
}

/** Wall milliseconds of the work. */
export async function timed(work: () => Promise<unknown> | unknown): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}
