/**
 * What people said of the images of batches: `<home>/reviews/<batch>.jsonl`, a line for each answer with who and when, never
 * changed. The latest line of an image counts; taking an answer back is a line too.
 */
import { open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../system/files.ts'
import { privateFile, privateFolder } from '../system/whole-file.ts'
import type { ReviewLabel, Reviews } from '../wire/review.ts'

type Line = Reviews['reviews'][number]

export interface ReviewStore {
  /** The latest word about each image that something was said of after `since` answers. */
  read(batch: string, since?: number): Promise<Reviews>
  /** @returns as `read` with the revision before these answers: they themselves, and no others */
  add(
    batch: string,
    answers: readonly { readonly index: number; readonly label: ReviewLabel | null }[],
    by: string,
  ): Promise<Reviews>
}

/** Batches whose reviews are kept: results live for a day, so older ones name images that nobody can look at. */
const mostBatches = 500

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

  const write = async (batch: string, lines: readonly Line[]): Promise<number> => {
    await makeFolder(folder, privateFolder)
    const before = await linesOf(batch)
    const end = before.length === 0 || (await endsWhole(pathOf(batch))) ? '' : '\n'
    const file = await open(pathOf(batch), 'a', privateFile)
    try {
      await file.appendFile(end + lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
      await file.datasync() // what was said is acknowledged only when it is on the disk
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
  try {
    return [JSON.parse(line) as Line]
  } catch {
    return []
  }
}

async function endsWhole(path: string): Promise<boolean> {
  return (await readFile(path, 'utf8')).endsWith('\n')
}

async function prune(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'))
  if (names.length <= mostBatches) return
  const aged = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })))
  aged.sort((a, b) => a.at - b.at)
  for (const { name } of aged.slice(0, names.length - mostBatches)) await rm(join(folder, name), { force: true })
}
