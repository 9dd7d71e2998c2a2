/**
 * Images with what they are. Either folders, each named by its label (`positive`, `negative`, or a class), or a file `labels.csv`
 * with the columns `image` and `label`: a path relative to the file, and its label. Other columns are ignored.
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { OneclassError } from '../errors.ts'
import { collect } from '../images/collect.ts'
import type { ImageSource } from '../images/source.ts'
import type { FailedEntry } from '../images/walk.ts'
import { parseCsv } from '../wire/csv.ts'

export interface LabelledImage {
  readonly source: ImageSource
  readonly label: string
}

export interface Labelled {
  readonly images: readonly LabelledImage[]
  /** Entries that could not even be looked at. */
  readonly failed: readonly FailedEntry[]
}

const csvName = 'labels.csv'

/**
 * @param path a folder, or a file as `labels.csv` is
 * @throws FOLDER_NOT_FOUND, FOLDER_EMPTY, INVALID_ARGUMENT for a list that is none
 */
export async function readLabelled(path: string): Promise<Labelled> {
  const found = await stat(path).catch(() => undefined)
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
  const entries = await readdir(path, { withFileTypes: true })
  const labels: string[] = []
  for (const { name } of entries.filter(({ name }) => !name.startsWith('.')))
    if ((await stat(join(path, name)).catch(() => undefined))?.isDirectory()) labels.push(name)
  if (labels.length === 0)
    throw new OneclassError(
      'FOLDER_EMPTY',
      `"${path}" has neither folders named by what they hold (positive, negative) nor a file ${csvName} with the columns image,label.`,
    )
  const images: LabelledImage[] = []
  const failed: FailedEntry[] = []
  for (const label of labels.sort()) {
    const inside = await collect(join(path, label)).catch((error: unknown) => {
      if (error instanceof OneclassError && error.code === 'FOLDER_EMPTY') return { images: [], failed: [] }
      throw error
    })
    images.push(...inside.images.map((source) => ({ source, label })))
    failed.push(...inside.failed)
  }
  return { images, failed }
}

async function readList(path: string): Promise<Labelled> {
  const rows = parseCsv(await readFile(path, 'utf8'))
  const head = (rows[0] ?? []).map((name) => name.trim().toLowerCase())
  const [image, label] = [head.indexOf('image'), head.indexOf('label')]
  if (image < 0 || label < 0)
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `Expected "${path}" to begin with a line that names the columns image and label.`,
    )
  const images = rows.slice(1).flatMap((row, i): LabelledImage[] => {
    if (row.every((cell) => cell.trim() === '')) return []
    const [name, what] = [row[image]?.trim() ?? '', row[label]?.trim() ?? '']
    if (name === '' || what === '')
      throw new OneclassError(
        'INVALID_ARGUMENT',
        `Line ${i + 2} of "${path}" has no ${name === '' ? 'image' : 'label'}.`,
      )
    return [{ source: { name, path: resolve(dirname(path), name) }, label: what }]
  })
  if (images.length === 0) throw new OneclassError('FOLDER_EMPTY', `"${path}" names no image.`)
  return { images, failed: [] }
}

/**
 * 1 for an image of the class. Labels are `positive` and `negative`, in any case.
 * @throws INVALID_ARGUMENT for another label
 */
export function asBinary(images: readonly LabelledImage[]): Uint8Array {
  return Uint8Array.from(images, ({ label, source }) => {
    const known = ['negative', 'positive'].indexOf(label.toLowerCase())
    if (known < 0)
      throw new OneclassError(
        'INVALID_ARGUMENT',
        `"${source.name}" has the label "${label}": for one model the labels (or folders) are positive and negative.`,
      )
    return known
  })
}
