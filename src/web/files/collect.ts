import { leftOutAmong } from '../../wire/system-names.ts'

/** Image files out of what was dropped, picked or pasted: whole folders too. */
export interface Picked {
  /** Path inside what was dropped, as results call the image. */
  readonly name: string
  readonly file: File
}

const looksLikeImage = /\.(jpe?g|png|webp|gif|bmp|tiff?|avif|heic|heif|svg)$/i
export const acceptedTypes = 'image/*,.jpg,.jpeg,.png,.webp,.gif,.bmp,.tif,.tiff,.avif'
const hidden = /(^|\/)\./

export interface Collected {
  readonly images: Picked[]
  /** Files that are no images, or none of their own (thumbnails, backups), by their name: not sent. */
  readonly skipped: number
}

/** @param all also files that do not look like images: one who picks a single file wants an answer about it */
export function fromList(files: Iterable<File>, all = false): Collected {
  return sorted(
    [...files].map((file) => ({ name: file.webkitRelativePath || file.name, file })),
    all,
  )
}

export async function fromDrop(data: DataTransfer, all = false): Promise<Collected> {
  // entries must be taken before the first await: the browser empties the list after that
  const entries = [...data.items].flatMap((item) => item.webkitGetAsEntry?.() ?? [])
  if (entries.length === 0) return fromList(data.files, all)
  const found: Picked[] = []
  for (const entry of entries) await walk(entry, '', found)
  return sorted(found, all)
}

export function fromClipboard(data: DataTransfer | null): Picked[] {
  return [...(data?.files ?? [])].map((file, i) => ({ name: file.name || `pasted-${i + 1}.png`, file }))
}

async function walk(entry: FileSystemEntry, above: string, found: Picked[]): Promise<void> {
  const name = above === '' ? entry.name : `${above}/${entry.name}`
  if (entry.isFile) {
    const file = await new Promise<File | null>((resolve) =>
      (entry as FileSystemFileEntry).file(resolve, () => resolve(null)),
    )
    if (file !== null) found.push({ name, file })
  } else if (entry.isDirectory) {
    const reader = (entry as FileSystemDirectoryEntry).createReader()
    for (;;) {
      // a reader gives some hundred entries at a time, and an empty list at the end
      const some = await new Promise<FileSystemEntry[]>((resolve) => reader.readEntries(resolve, () => resolve([])))
      if (some.length === 0) return
      for (const next of some) await walk(next, name, found)
    }
  }
}

function sorted(found: Picked[], all: boolean): Collected {
  const visible = found.filter(({ name }) => !hidden.test(name))
  const isLeftOut = leftOutAmong(visible.map(({ name }) => name))
  const images = all
    ? visible
    : visible.filter(
        ({ name, file }) => (file.type.startsWith('image/') || looksLikeImage.test(name)) && !isLeftOut(name),
      )
  images.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))
  return { images, skipped: visible.length - images.length }
}

/** One file, whatever it was dropped with. */
export function keyOf({ name, file }: Picked): string {
  return `${name} ${file.size} ${file.lastModified}`
}

export function totalBytes(images: readonly Picked[]): number {
  return images.reduce((sum, { file }) => sum + file.size, 0)
}
