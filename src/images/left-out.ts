/** What a folder holds beside images: how what was left out is counted and told. */
import { extname } from 'node:path'
import { plural } from '../wire/plural.ts'

/** Why an entry was left out. */
export type SkipReason =
  | 'system files'
  | 'backup or unfinished'
  | 'made by oneclass'
  | 'hidden'
  | 'not an image'
  | 'video'
  | 'document'
  | 'archive'
  | 'folder read already'
  | 'outside the served folder'

/** What was left out for one reason: files, or folders that were not entered. */
export interface Skipped {
  readonly reason: SkipReason
  readonly count: number
  /** Up to three names. */
  readonly examples: readonly string[]
}

export interface SkipCounter {
  add(reason: SkipReason, name: string, count?: number): void
  list(): Skipped[]
}

const mostExamples = 3

export function countSkipped(): SkipCounter {
  const found = new Map<SkipReason, { count: number; examples: string[] }>()
  return {
    add(reason, name, count = 1) {
      const entry = found.get(reason) ?? { count: 0, examples: [] }
      entry.count += count
      if (entry.examples.length < mostExamples) entry.examples.push(name)
      found.set(reason, entry)
    },
    list: () => [...found].map(([reason, { count, examples }]) => ({ reason, count, examples })),
  }
}

/** Several folders' lists as one. */
export function mergeSkipped(lists: readonly (readonly Skipped[])[]): Skipped[] {
  const counter = countSkipped()
  for (const { reason, count, examples } of lists.flat()) {
    examples.forEach((name, i) => {
      counter.add(reason, name, i === 0 ? count : 0)
    })
  }
  return counter.list()
}

/** `left out 12 files: 10 not an image (a.txt, b.xml, ...), 2 hidden (.x)`; undefined when nothing was. */
export function describeSkipped(
  skipped: readonly (Omit<Skipped, 'reason'> & { readonly reason: string })[],
): string | undefined {
  const total = skipped.reduce((sum, { count }) => sum + count, 0)
  if (total === 0) return undefined
  const parts = skipped.map(({ reason, count, examples }) => {
    const more = count > examples.length ? ', ...' : ''
    return `${count} ${reason} (${examples.map(printable).join(', ')}${more})`
  })
  return `left out ${plural(total, 'entry', 'entries')}: ${parts.join('; ')}`
}

/** Why a file without an image's content is left out: by its ending, which is all that there is to go by. */
export function reasonByEnding(name: string): SkipReason {
  const ending = extname(name).slice(1).toLowerCase()
  if (/^(mp4|m4v|mov|avi|mkv|webm|mts|m2ts|wmv|3gp|mpe?g|flv)$/.test(ending)) return 'video'
  if (/^(pdf|ps|eps|docx?|xlsx?|pptx?|od[tsp]|ai)$/.test(ending)) return 'document'
  if (/^(zip|tar|t?gz|7z|rar|xz|bz2|zst)$/.test(ending)) return 'archive'
  return 'not an image'
}

/** Control characters in a name must not reach a terminal, nor those that turn the direction of writing: `gpj.exe` reads as `exe.jpg`. */
export function printable(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return name.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '?')
}
