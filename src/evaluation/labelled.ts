/**
 * Images with what they are. Either folders, each named by its label (`positive`, `negative`, or other names of the two as
 * `images/layout.ts` knows them), or a file `labels.csv` with the columns `image` and `label`: a path relative to the file, and
 * its label. Other columns are ignored. Commas, semicolons or tabs; UTF-8, UTF-16 or what Excel writes without "UTF-8": Windows-1252.
 */
import { isUtf8 } from 'node:buffer'
import { access, readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { OneclassError } from '../errors.ts'
import { collect } from '../images/collect.ts'
import { splitLabels } from '../images/layout.ts'
import { mergeSkipped, type Skipped } from '../images/left-out.ts'
import { addressGiven, isAddress } from '../images/read-image.ts'
import type { ImageSource } from '../images/source.ts'
import { type FailedEntry, unreadable } from '../images/walk.ts'
import { parseCsv } from '../wire/csv.ts'
import { plural } from '../wire/plural.ts'
import { isSystemName } from '../wire/system-names.ts'

export type Label = 'positive' | 'negative'

export interface LabelledImage<L extends string = Label> {
  readonly source: ImageSource
  readonly label: L
}

export type LabelledFailure<L extends string = Label> = FailedEntry & { readonly label: L }

export interface Labelled<L extends string = Label> {
  readonly images: readonly LabelledImage<L>[]
  /** Entries that could not even be looked at. */
  readonly failed: readonly LabelledFailure<L>[]
  /** What else is in the folders. */
  readonly skipped: readonly Skipped[]
  /** A sentence on images that are neither positives nor negatives, such as masks; undefined where there are none. */
  readonly note?: string
}

const csvName = 'labels.csv'

/**
 * @param path a folder, or a file as `labels.csv` is
 * @throws FOLDER_NOT_FOUND, FOLDER_EMPTY, INVALID_ARGUMENT for a list that is none, or labels that name no positives and negatives
 */
export async function readLabelled(path: string): Promise<Labelled> {
  return asBinary(await readNamed(path), path)
}

/** Images by the name of their folder or the label of the list, whatever it is. @throws as `readLabelled` */
export async function readNamed(path: string): Promise<Labelled<string>> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined && isAddress(path)) throw addressGiven(path)
  if (found === undefined) throw new OneclassError('FOLDER_NOT_FOUND', `"${path}" does not exist or cannot be read.`)
  if (found.isFile()) return await readList(path)
  const list = join(path, csvName)
  if (
    await stat(list).then(
      (entry) => entry.isFile(),
      () => false,
    )
  )
    return await readList(list)
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    const why = found.isDirectory() ? unreadable(error as NodeJS.ErrnoException) : 'is neither a folder nor a file.'
    throw new OneclassError('FOLDER_NOT_FOUND', `"${path}" ${why}`)
  })
  const labels: string[] = []
  for (const { name } of entries.filter(({ name }) => !name.startsWith('.') && !isSystemName(name)))
    if ((await stat(join(path, name)).catch(() => undefined))?.isDirectory()) labels.push(name)
  if (labels.length === 0)
    throw new OneclassError(
      'FOLDER_EMPTY',
      `"${path}" has neither folders named by what they hold (positive, negative) nor a file ${csvName} with the columns image,label.`,
    )
  const images: LabelledImage<string>[] = []
  const failed: LabelledFailure<string>[] = []
  const skipped: (readonly Skipped[])[] = []
  for (const label of labels.sort()) {
    const inside = await collect(join(path, label)).catch((error: unknown) => {
      if (!(error instanceof OneclassError)) throw error
      if (error.code === 'FOLDER_EMPTY') return { images: [], failed: [], skipped: [] }
      return { images: [], failed: [{ image: label, error: error.toJSON() }], skipped: [] }
    })
    images.push(...inside.images.map((source) => ({ source, label })))
    failed.push(...inside.failed.map((entry) => ({ ...entry, label })))
    skipped.push(inside.skipped)
  }
  return { images, failed, skipped: mergeSkipped(skipped) }
}

async function readList(path: string): Promise<Labelled<string>> {
  const text = textOf(
    await readFile(path).catch((error: NodeJS.ErrnoException) => {
      throw new OneclassError('FOLDER_NOT_FOUND', `"${path}" ${unreadable(error)}`)
    }),
  )
  const columns = (row: readonly string[] = []) => {
    const head = row.map((name) => name.trim().toLowerCase())
    return [head.indexOf('image'), head.indexOf('label')] as const
  }
  // what a table is written with depends on the country that the spreadsheet was made for, which Excel may say in a first line
  const table = text.replace(/^\uFEFF?sep=.\r?\n/i, '')
  const rows = [',', ';', '\t']
    .map((separator) => parseCsv(table, separator))
    .find(([head]) => !columns(head).includes(-1))
  if (rows === undefined)
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `Expected "${path}" to begin with a line that names the columns image and label.`,
    )
  const [image, label] = columns(rows[0])
  const images: LabelledImage<string>[] = []
  const failed: LabelledFailure<string>[] = []
  const seen = new Map<string, { readonly line: number; readonly label: string }>()
  let repeated = 0
  for (const [i, row] of rows.slice(1).entries()) {
    if (row.every((cell) => cell.trim() === '')) continue
    const [name, what] = [row[image]?.trim() ?? '', row[label]?.trim() ?? '']
    if (name === '' || what === '')
      throw new OneclassError(
        'INVALID_ARGUMENT',
        `Line ${i + 2} of "${path}" has no ${name === '' ? 'image' : 'label'}.`,
      )
    if (isAddress(name)) {
      failed.push({ image: name, error: addressGiven(name).toJSON(), label: what })
      continue
    }
    const file = await pathFor(dirname(path), name)
    const earlier = seen.get(file)
    if (earlier && earlier.label !== what)
      throw new OneclassError(
        'INVALID_ARGUMENT',
        `Lines ${earlier.line} and ${i + 2} of "${path}" give "${name}" the labels ${earlier.label} and ${what}: keep one of them.`,
      )
    if (earlier) repeated++
    else images.push({ source: { name, path: file }, label: what })
    seen.set(file, earlier ?? { line: i + 2, label: what })
  }
  if (images.length + failed.length === 0) throw new OneclassError('FOLDER_EMPTY', `"${path}" names no image.`)
  const note =
    repeated === 0
      ? {}
      : {
          note: `${plural(repeated, 'line repeats', 'lines repeat')} an image of an earlier line of "${path}" and ${repeated === 1 ? 'counts' : 'count'} once.`,
        }
  return { images, failed, skipped: [], ...note }
}

function textOf(bytes: Buffer): string {
  const mark = bytes.subarray(0, 2).toString('latin1')
  if (mark === '\xff\xfe' || mark === '\xfe\xff')
    return new TextDecoder(mark === '\xff\xfe' ? 'utf-16le' : 'utf-16be').decode(bytes)
  return isUtf8(bytes) ? bytes.toString() : new TextDecoder('windows-1252').decode(bytes)
}

/** Of a list that was written under Windows the names have its slashes; where there is a file of that very name it is meant. */
async function pathFor(folder: string, name: string): Promise<string> {
  const path = resolve(folder, name)
  if (!name.includes('\\')) return path
  return await access(path).then(
    () => path,
    () => resolve(folder, name.replaceAll('\\', '/')),
  )
}

/**
 * The positives and negatives among the images. Where two labels say which these are, images under any other label (masks beside
 * `good` and `bad`) are left out with a note.
 * @throws INVALID_ARGUMENT where the labels do not say it
 */
export function asBinary({ images, failed, skipped, note: said }: Labelled<string>, path: string): Labelled {
  const counts = new Map<string, number>()
  for (const { label } of images) counts.set(label, (counts.get(label) ?? 0) + 1)
  const { positive, negative } = splitLabels(counts)
  if (positive.length + negative.length === 0 && counts.size > 0)
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `"${path}" has the labels ${[...counts.keys()].slice(0, 4).join(', ')}: for one model the labels (or folders) are positive and negative.`,
    )
  const known = images.flatMap(({ source, label }): LabelledImage[] =>
    positive.includes(label)
      ? [{ source, label: 'positive' }]
      : negative.includes(label)
        ? [{ source, label: 'negative' }]
        : [],
  )
  const others = [...counts.keys()].filter((label) => !positive.includes(label) && !negative.includes(label))
  const left = images.length - known.length
  const what = positive.length > 0 ? positive : negative
  const notes = [
    ...(said ? [said] : []),
    ...(others.length === 0
      ? []
      : [
          `${plural(left, 'image is', 'images are')} left out, whose label is neither of the class nor its opposite: ${others.join(', ')} (beside ${what.join(', ')}).`,
        ]),
  ]
  // what cannot be looked at under a label that says neither is no positive
  const failures = failed.map(
    (one): LabelledFailure => ({ ...one, label: positive.includes(one.label) ? 'positive' : 'negative' }),
  )
  return { images: known, failed: failures, skipped, ...(notes.length > 0 && { note: notes.join(' ') }) }
}
