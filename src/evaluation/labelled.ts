/**
 * Images with what they are. Either folders, each named by its label (`positive`, `negative`, or other names of the two as
 * `images/layout.ts` knows them), or a file `labels.csv` with the columns `image` and `label`: a path relative to the file, and
 * its label. Other columns are ignored.
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { OneclassError } from '../errors.ts'
import { collect } from '../images/collect.ts'
import { splitLabels } from '../images/layout.ts'
import type { ImageSource } from '../images/source.ts'
import type { FailedEntry } from '../images/walk.ts'
import { parseCsv } from '../wire/csv.ts'

export type Label = 'positive' | 'negative'

export interface LabelledImage<L extends string = Label> {
  readonly source: ImageSource
  readonly label: L
}

export interface Labelled<L extends string = Label> {
  readonly images: readonly LabelledImage<L>[]
  /** Entries that could not even be looked at. */
  readonly failed: readonly FailedEntry[]
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
  const images: LabelledImage<string>[] = []
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

async function readList(path: string): Promise<Labelled<string>> {
  const rows = parseCsv(await readFile(path, 'utf8'))
  const head = (rows[0] ?? []).map((name) => name.trim().toLowerCase())
  const [image, label] = [head.indexOf('image'), head.indexOf('label')]
  if (image < 0 || label < 0)
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `Expected "${path}" to begin with a line that names the columns image and label.`,
    )
  const images = rows.slice(1).flatMap((row, i): LabelledImage<string>[] => {
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
 * The positives and negatives among the images. Where two labels say which these are, images under any other label (masks beside
 * `good` and `bad`) are left out with a note.
 * @throws INVALID_ARGUMENT where the labels do not say it
 */
function asBinary({ images, failed }: Labelled<string>, path: string): Labelled {
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
  if (others.length === 0) return { images: known, failed }
  const left = images.length - known.length
  const note = `${left} images are neither positives (${positive.join(', ')}) nor negatives (${negative.join(', ')}) and are left out: ${others.join(', ')}.`
  return { images: known, failed, note }
}
