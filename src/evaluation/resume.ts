/**
 * What a comparison has finished so far, in a folder beside its report, so that one that was killed goes on where it was. Each
 * entry is a file, there whole or not at all; the folder's name is a hash of all that the results depend on. A file that
 * is damaged, or was changed by somebody, is as none: the work is done again.
 */
import { createHash } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { makeFolder } from '../system/files.ts'
import { parseJson } from '../system/parse-json.ts'
import { writeWhole } from '../system/whole-file.ts'

/** What an entry must be to be taken. */
export interface EntryForm<T> {
  /** Of the file, before its typed arrays are made. */
  readonly schema: TSchema
  /** Whether it belongs to this comparison, such as by its lengths. */
  readonly fits?: (value: T) => boolean
}

export interface ProgressStore {
  /** The entry, or what `make` returns, kept for the next time. */
  remember<T>(key: string, form: EntryForm<T>, make: () => Promise<T>): Promise<T>
}

/** @param folder undefined keeps nothing. @param parts all that the results depend on */
export async function openProgress(
  folder: string | undefined,
  parts: readonly (string | Uint8Array)[],
): Promise<ProgressStore> {
  if (folder === undefined) return { remember: (_key, _form, make) => make() }
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  const here = join(folder, hash.digest('hex').slice(0, 16))
  await makeFolder(here)
  return {
    async remember<T>(key: string, form: EntryForm<T>, make: () => Promise<T>): Promise<T> {
      const path = join(here, `${key}.json`)
      const known = await readFile(path, 'utf8').then(
        (text) => decode(text, form),
        () => undefined,
      )
      if (known !== undefined) return known
      const value = await make()
      await writeWhole(path, encode(value))
      return value
    },
  }
}

/** For when the report is written. */
export async function forgetProgress(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
}

/** JSON in which typed arrays come back as they were. */
function encode(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (part instanceof Float64Array) return { $float64: base64(part) }
    if (part instanceof Float32Array) return { $float32: base64(part) }
    if (part instanceof Uint8Array) return { $uint8: base64(part) }
    return part
  })
}

/** Undefined for what has not that form. */
function decode<T>(text: string, { schema, fits }: EntryForm<T>): T | undefined {
  const parsed = parseJson(text)
  if (!Value.Check(schema, parsed)) return undefined
  try {
    const value = withArrays(parsed) as T
    return (fits?.(value) ?? true) ? value : undefined
  } catch {
    return undefined // bytes that are no whole numbers
  }
}

function withArrays(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(withArrays)
  if (part === null || typeof part !== 'object') return part
  if ('$float64' in part) return new Float64Array(bytesOf(part.$float64).buffer)
  if ('$float32' in part) return new Float32Array(bytesOf(part.$float32).buffer)
  if ('$uint8' in part) return bytesOf(part.$uint8)
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, withArrays(value)]))
}

function base64(view: ArrayBufferView): string {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('base64')
}

/** Copied, so that a Float64Array over it is aligned. */
function bytesOf(text: unknown): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(String(text), 'base64'))
}
