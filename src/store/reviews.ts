/**
 * What people said of the images of batches: `<home>/reviews/<batch>.jsonl`, a line for each answer with who and when, never
 * changed. The latest line of an image counts; taking an answer back is a line too.
 */
import { type FileHandle, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Value } from 'typebox/value'
import { OneclassError } from '../errors.ts'
import { makeFolder } from '../system/files.ts'
import { parseJson } from '../system/parse-json.ts'
import { privateFile, privateFolder } from '../system/whole-file.ts'
import { type ReviewLabel, Reviews } from '../wire/review.ts'

type Line = Reviews['reviews'][number]

export interface ReviewStore {
  /** The latest word about each image that something was said of after `since` answers. */
  read(batch: string, since?: number): Promise<Reviews>
  /**
   * @param batch its id, how many images it has, and whose it is
   * @returns as `read` with the revision before these answers: they themselves, and no others
   * @throws CONFLICT when as much was said of the batch as is kept, RATE_LIMITED when its owner has as many as are kept
   */
  add(
    batch: { readonly id: string; readonly total: number; readonly owner?: string },
    answers: readonly { readonly index: number; readonly label: ReviewLabel | null }[],
    by: string,
  ): Promise<Reviews>
}

/**
 * Batches whose reviews are kept: results live for a day, so older ones name images that nobody can look at. Younger ones are kept in
 * any case, and a caller begins at most as many in a day: else one who may only classify could push out what others said.
 */
const mostBatches = 500
const dayMs = 24 * 3600 * 1000
/** Answers in memory, of all batches together: some 200 bytes each. */
const mostInMemory = 200_000
/** Answers that are kept of a batch: people change their minds, and a program that never stops must not fill the disk. */
const mostAnswers = (total: number): number => Math.min(20 * total + 1000, 200_000)

/** @param most batches whose reviews are kept, and that one caller begins in a day */
export function openReviewStore(home: string, now: () => Date = () => new Date(), most = mostBatches): ReviewStore {
  const folder = join(home, 'reviews')
  const known = new Map<string, { size: number; lines: readonly Line[] }>()
  /** One writer at a time, so that lines of two callers never mix and revisions are given once. */
  let writing: Promise<unknown> = Promise.resolve()
  const pathOf = (batch: string) => join(folder, `${batch}.jsonl`)
  /** When each caller's batches of the last day got their first answer. */
  const begun = new Map<string, number[]>()

  const remember = (batch: string, entry: { size: number; lines: readonly Line[] }): void => {
    known.delete(batch)
    let total = entry.lines.length
    for (const { lines } of known.values()) total += lines.length
    for (const [oldest, { lines }] of known) {
      if (total <= mostInMemory) break
      known.delete(oldest)
      total -= lines.length
    }
    known.set(batch, entry)
  }

  const begin = (owner: string): void => {
    const recent = (begun.get(owner) ?? []).filter((at) => now().getTime() - at < dayMs)
    if (recent.length >= most)
      throw new OneclassError(
        'RATE_LIMITED',
        `Answers to ${recent.length} of your batches were begun within a day, and no more are kept: go on with one of these.`,
        { retryAfter: Math.ceil((Math.min(...recent) + dayMs - now().getTime()) / 1000) },
      )
    begun.set(owner, [...recent, now().getTime()])
  }

  const linesOf = async (batch: string): Promise<readonly Line[]> => {
    const size = await stat(pathOf(batch)).then(
      (found) => found.size,
      () => 0,
    )
    if (size === 0) return []
    const kept = known.get(batch)
    if (kept?.size === size) return kept.lines
    const text = await readFile(pathOf(batch), 'utf8')
    // a last line without its end was cut off by a crash: it was never acknowledged
    const lines = text.split('\n').slice(0, -1).flatMap(parse)
    remember(batch, { size, lines })
    return lines
  }

  const write = async (
    { id, total, owner = '' }: { id: string; total: number; owner?: string },
    lines: readonly Line[],
  ): Promise<number> => {
    const before = await linesOf(id)
    const mostOfThis = mostAnswers(total)
    if (before.length + lines.length > mostOfThis)
      throw new OneclassError(
        'CONFLICT',
        `There are ${before.length} answers to this batch, and no more than ${mostOfThis} are kept: send the images as a new batch.`,
      )
    if (before.length === 0) begin(owner)
    await makeFolder(folder, privateFolder)
    const file = await open(pathOf(id), 'a+', privateFile)
    try {
      const { size } = await file.stat()
      const end = size === 0 || (await endsWhole(file, size)) ? '' : '\n'
      const text = end + lines.map((line) => `${JSON.stringify(line)}\n`).join('')
      await file.appendFile(text)
      await file.datasync() // what was said is acknowledged only when it is on the disk
      remember(id, { size: size + Buffer.byteLength(text), lines: [...before, ...lines] }) // not read again for each answer
    } finally {
      await file.close()
    }
    if (before.length === 0) await prune(folder, most, now().getTime() - dayMs)
    return before.length
  }

  return {
    async read(batch, since = 0) {
      const lines = await linesOf(batch)
      return { revision: lines.length, reviews: latest(lines.slice(since)) }
    },
    async add(batch, answers, by) {
      const at = now().toISOString()
      const lines = answers.map(({ index, label }) => ({ index, label, by, at }))
      const adding = writing.then(() => write(batch, lines))
      writing = adding.catch(() => {})
      const before = await adding
      return { revision: before + lines.length, reviews: latest(lines) }
    },
  }
}

function latest(lines: readonly Line[]): Line[] {
  return [...new Map(lines.map((line) => [line.index, line])).values()]
}

function parse(line: string): Line[] {
  const said = parseJson(line)
  return Value.Check(Reviews.properties.reviews.items, said) ? [said] : []
}

async function endsWhole(file: FileHandle, size: number): Promise<boolean> {
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] === 0x0a
}

/** @param before in ms: what was changed later stays */
async function prune(folder: string, most: number, before: number): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'))
  if (names.length <= most) return
  const aged = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })))
  aged.sort((a, b) => a.at - b.at)
  for (const { name, at } of aged.slice(0, names.length - most))
    if (at < before) await rm(join(folder, name), { force: true })
}
