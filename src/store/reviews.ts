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
   * @param batch its id, and how many images it has
   * @returns as `read` with the revision before these answers: they themselves, and no others
   * @throws CONFLICT when as much was said of the batch as is kept
   */
  add(
    batch: { readonly id: string; readonly total: number },
    answers: readonly { readonly index: number; readonly label: ReviewLabel | null }[],
    by: string,
  ): Promise<Reviews>
}

/** Batches whose reviews are kept: results live for a day, so older ones name images that nobody can look at. */
const mostBatches = 500
/** Answers that are kept of a batch: people change their minds, and a program that never stops must not fill the disk. */
const mostAnswers = (total: number): number => Math.min(20 * total + 1000, 200_000)

export function openReviewStore(home: string, now: () => Date = () => new Date()): ReviewStore {
  const folder = join(home, 'reviews')
  const known = new Map<string, { size: number; lines: readonly Line[] }>()
  /** One writer at a time, so that lines of two callers never mix and revisions are given once. */
  let writing: Promise<unknown> = Promise.resolve()
  const pathOf = (batch: string) => join(folder, `${batch}.jsonl`)

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
    if (known.size > 50) known.clear()
    known.set(batch, { size, lines })
    return lines
  }

  const write = async ({ id, total }: { id: string; total: number }, lines: readonly Line[]): Promise<number> => {
    const before = await linesOf(id)
    const most = mostAnswers(total)
    if (before.length + lines.length > most)
      throw new OneclassError(
        'CONFLICT',
        `There are ${before.length} answers to this batch, and no more than ${most} are kept: send the images as a new batch.`,
      )
    await makeFolder(folder, privateFolder)
    const file = await open(pathOf(id), 'a+', privateFile)
    try {
      const { size } = await file.stat()
      const end = size === 0 || (await endsWhole(file, size)) ? '' : '\n'
      const text = end + lines.map((line) => `${JSON.stringify(line)}\n`).join('')
      await file.appendFile(text)
      await file.datasync() // what was said is acknowledged only when it is on the disk
      known.set(id, { size: size + Buffer.byteLength(text), lines: [...before, ...lines] }) // not read again for each answer
    } finally {
      await file.close()
    }
    if (before.length === 0) await prune(folder)
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

async function prune(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'))
  if (names.length <= mostBatches) return
  const aged = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })))
  aged.sort((a, b) => a.at - b.at)
  for (const { name } of aged.slice(0, names.length - mostBatches)) await rm(join(folder, name), { force: true })
}
