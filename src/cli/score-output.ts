/** What every form of `score` does with its results: in the order of what was asked, a line as soon as it is there, to a file or out. */
import { realpath, stat } from 'node:fs/promises'
import { OneclassError } from '../errors.ts'
import { beginsLikeImage } from '../images/collect.ts'
import type { Skipped } from '../images/left-out.ts'
import { throwIfAborted } from '../system/cancelled.ts'
import { type Output, openOutput, standardOutputName } from '../system/files.ts'
import type { ErrorBody } from '../wire/error.ts'
import { plural } from '../wire/plural.ts'
import type { Io } from './command.ts'
import { tellSkipped } from './notes.ts'
import type { Entry } from './score-input.ts'

/**
 * The file of `--out`; undefined without one. What is scored, and any image, is not replaced by its results.
 * @param inputs what the command reads: paths, and `@LIST`
 * @throws INVALID_ARGUMENT, before anything is written
 */
export async function outputFor(path: string | undefined, inputs: readonly string[]): Promise<Output | undefined> {
  if (path === undefined) return undefined
  const real = await realpath(path).catch(() => undefined)
  if (real !== undefined && path !== standardOutputName) {
    const refuse = (what: string): never => {
      throw new OneclassError('INVALID_ARGUMENT', `--out would replace "${path}", ${what}: name another file.`)
    }
    for (const input of inputs) {
      const own = await realpath(input.replace(/^@/, '')).catch(() => undefined)
      if (own === real) refuse('which is read')
    }
    if (await isImage(real)) refuse('which is an image')
  }
  return await openOutput(path)
}

async function isImage(path: string): Promise<boolean> {
  if (!(await stat(path)).isFile()) return false // to open a pipe would wait for its other end
  return await beginsLikeImage(path).catch(() => false)
}

type Failed = { readonly image: string; readonly error: ErrorBody }

/** Results in the order of the entries: those of images as they come, errors in between where they stand. */
export async function* inOrder<T>(entries: readonly Entry[], scored: AsyncIterable<T>): AsyncGenerator<T | Failed> {
  const results = scored[Symbol.asyncIterator]()
  for (const entry of entries) {
    if ('error' in entry) {
      yield entry
      continue
    }
    const next = await results.next()
    if (next.done) throw new OneclassError('INTERNAL', 'An image got no result.')
    yield next.value
  }
}

export async function* keepFor<T>(list: T[] | undefined, results: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const result of results) {
    list?.push(result)
    yield result
  }
}

export async function writeAll<T>(
  results: Iterable<T> | AsyncIterable<T>,
  writer: { readonly head: readonly string[]; lines(result: T): readonly string[] },
  file: Output | undefined,
  io: Io,
  onEach: (result: T) => void,
): Promise<void> {
  const write = async (line: string): Promise<void> => {
    if (file) await file.write(`${line}\n`)
    else await io.out(line)
  }
  for (const line of writer.head) await write(line)
  for await (const result of results) {
    throwIfAborted(io.signal)
    onEach(result)
    for (const line of writer.lines(result)) await write(line)
  }
}

export interface Counts {
  positive: number
  negative: number
  failed: number
  /** With `--fdr`. */
  flagged?: number
  /** With `--abstain`. */
  unsure?: number
}

interface SummaryOptions {
  readonly skipped: readonly Skipped[]
  readonly asJson: boolean
  readonly fdr: number | undefined
  /** What a result stands for. */
  readonly unit: 'image' | 'row'
}

/** The last words, on standard error: how many of what, and what was left out. One JSON object with `--json`. */
export function summarise(counts: Counts, model: string, { skipped, asJson, fdr, unit }: SummaryOptions, io: Io): void {
  const { positive, negative, failed, flagged, unsure } = counts
  const images = positive + negative + failed
  if (asJson) {
    io.err(JSON.stringify({ summary: { model, images, ...counts, skipped } }))
    return
  }
  const parts = [`${positive} positive`, `${negative} negative`]
  if (unsure !== undefined) parts.push(`of these ${unsure} unsure`)
  if (failed > 0) parts.push(`${failed} could not be read`)
  io.err(`${plural(images, unit)}: ${parts.join(', ')} (${model})`)
  if (flagged !== undefined && fdr !== undefined)
    io.err(
      `${flagged} flagged${flagged === 0 ? '' : `: on average over folders at most ${Number((100 * fdr).toPrecision(3))} % of what is flagged is good`}`,
    )
  tellSkipped(skipped, io)
}
