/**
 * What `score` is asked about: images, folders, buckets (`s3://bucket/prefix`), patterns, `@FILE` with a path a line, and `-` for
 * standard input; in the order given.
 */
import { isUtf8 } from 'node:buffer'
import { readFile, stat } from 'node:fs/promises'
import { OneclassError } from '../errors.ts'
import { collect, inOrderOfNames } from '../images/collect.ts'
import { isImageContent } from '../images/format.ts'
import { mergeSkipped, type Skipped } from '../images/left-out.ts'
import type { ImageSource } from '../images/source.ts'
import { escapeBytes } from '../images/walk.ts'
import { throwIfAborted } from '../system/cancelled.ts'
import { isS3 } from '../system/s3/address.ts'
import type { ErrorBody } from '../wire/error.ts'
import { plural } from '../wire/plural.ts'
import { imagesOfBucket } from './bucket-input.ts'
import { expandPattern, isPattern } from './glob.ts'

/** An image to score, or what stands in its place. */
export type Entry = ImageSource | { readonly image: string; readonly error: ErrorBody }

export interface ScoreInput {
  readonly entries: readonly Entry[]
  readonly skipped: readonly Skipped[]
}

/**
 * @param readStdin all of standard input
 * @throws INVALID_ARGUMENT (an empty list), the path's own error when the only one cannot be read, IMAGE_NOT_FOUND when none can
 */
export async function readInput(
  args: readonly string[],
  readStdin: () => Promise<Uint8Array>,
  signal?: AbortSignal,
): Promise<ScoreInput> {
  const entries: Entry[] = []
  const lists: (readonly Skipped[])[] = []
  const paths: string[] = []
  const take = async (given: string | Buffer): Promise<void> => {
    throwIfAborted(signal)
    const path = typeof given === 'string' ? given : escapeBytes(given)
    paths.push(path)
    if (typeof given !== 'string') return void entries.push({ name: path, path, raw: given })
    try {
      const { images, failed, skipped } = isS3(path)
        ? { ...(await imagesOfBucket(path, signal)), failed: [] }
        : await collect(path)
      for (const entry of inOrderOfNames<ImageSource>(images, failed)) entries.push(entry)
      lists.push(skipped)
    } catch (error) {
      if (!(error instanceof OneclassError)) throw error
      entries.push({ image: path, error: error.toJSON() })
    }
  }
  let input: Promise<Uint8Array> | undefined
  for (const arg of args) {
    if (arg === '-') {
      input ??= readStdin()
      const bytes = await input
      if (isImageContent(bytes.subarray(0, 4096))) {
        paths.push(arg)
        entries.push({ name: '-', bytes })
      } else for (const path of namesIn(bytes, 'Standard input')) await take(path)
    } else if (arg.startsWith('@') && !(await exists(arg))) {
      const file = arg.slice(1)
      const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
        throw new OneclassError(
          'INVALID_ARGUMENT',
          `The list "${file}" cannot be read (${error.code ?? error.message}).`,
        )
      })
      for (const path of namesIn(bytes, `The list "${file}"`)) await take(path)
    } else if (!isS3(arg) && isPattern(arg) && !(await exists(arg))) {
      const found = await expandPattern(arg)
      if (found.length === 0) {
        paths.push(arg)
        entries.push({ image: arg, error: { code: 'IMAGE_NOT_FOUND', message: `"${arg}" fits no file.` } })
      }
      for (const path of found) await take(path)
    } else await take(arg)
  }
  if (entries.every((entry) => 'error' in entry)) throw nothingRead(entries, paths)
  return { entries, skipped: mergeSkipped(lists) }
}

function nothingRead(entries: readonly Entry[], paths: readonly string[]): OneclassError {
  const [first] = entries
  if (!first || !('error' in first)) return new OneclassError('IMAGE_NOT_FOUND', 'There is no image to read.')
  if (paths.length === 1) {
    const more = entries.length > 1 ? ` (and ${entries.length - 1} more)` : ''
    return new OneclassError(first.error.code, `${first.error.message}${more}`)
  }
  return new OneclassError(
    'IMAGE_NOT_FOUND',
    `Of ${plural(paths.length, 'path')} none could be read. The first: ${first.error.message}`,
  )
}

/**
 * Paths, one a line, or (`find -print0`) with a zero byte behind each; those that are no UTF-8 as their bytes. Windows PowerShell writes
 * lists in UTF-16.
 * @throws INVALID_ARGUMENT when there is none
 */
function namesIn(bytes: Uint8Array, what: string): (string | Buffer)[] {
  const mark = [0xfe, 0xff]
  const isWide = mark.includes(bytes[0] ?? 0) && mark.includes(bytes[1] ?? 0)
  const wide = isWide && new TextDecoder(bytes[0] === 0xff ? 'utf-16le' : 'utf-16be').decode(bytes)
  // bytes as characters, so that names of any bytes can be told apart; a byte order mark is no part of a name
  const text = (wide ? Buffer.from(wide) : Buffer.from(bytes)).toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '')
  const names = (text.includes('\0') ? text.split('\0') : text.split(/\r?\n/)).filter((name) => name.trim() !== '')
  if (names.length === 0) throw new OneclassError('INVALID_ARGUMENT', `${what} names no image: expected a path a line.`)
  return names.map((name) => {
    const own = Buffer.from(name, 'latin1')
    return isUtf8(own) ? own.toString() : own
  })
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}

/** All of standard input. */
export async function standardInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
