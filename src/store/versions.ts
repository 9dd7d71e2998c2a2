/** Names and versions of the models in a folder, and which version a bare name means. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OneclassError } from '../errors.ts'
import { keepFiles } from '../system/kept-file.ts'
import { parseJson } from '../system/parse-json.ts'
import { writeWhole } from '../system/whole-file.ts'
import { nameForm } from '../wire/names.ts'

export interface Versions {
  folderOf(name: string, version: number): string
  /** The latest first; none of a name that is not there. */
  versionsOf(name: string): Promise<number[]>
  /** The number of the next version: one more than any had, removed ones too, so that no result names two models. */
  nextVersion(name: string): Promise<number>
  /** After a version was removed: its number is not given again. */
  keepNumber(name: string, version: number): Promise<void>
  /** The file that says which version is in use. */
  servingFile(name: string): string
  /** @param versions of the name, the latest first. @throws MODEL_CORRUPT: a damaged choice must not become another version */
  servingOf(name: string, versions: readonly number[]): Promise<number | undefined>
  /** @throws MODEL_NAME_INVALID, MODEL_NOT_FOUND, MODEL_CORRUPT */
  resolveRef(ref: string): Promise<{ name: string; version: number }>
}

export function isModelName(name: string): boolean {
  return nameForm.test(name) && !name.includes('..')
}

/** @throws MODEL_NAME_INVALID */
export function assertModelName(name: string): void {
  if (isModelName(name)) return
  throw new OneclassError(
    'MODEL_NAME_INVALID',
    `Expected a model name of 1 to 64 letters, digits, ".", "_" or "-" but received ${JSON.stringify(name.slice(0, 100))}.`,
  )
}

/** Words that stand for several models where models are named. A model of an earlier build that is called so is still read. */
const reserved = ['all']

/** A name that a model shall get. @throws MODEL_NAME_INVALID */
export function assertNewModelName(name: string): void {
  assertModelName(name)
  if (reserved.includes(name))
    throw new OneclassError(
      'MODEL_NAME_INVALID',
      `"${name}" means every model ("--model ${name}"), so no model can be called so: choose another name.`,
    )
}

/**
 * Names in a folder of the data directory; none where it is not there.
 * @param absent errors of the file system that mean this
 * @throws INVALID_ARGUMENT where it cannot be read: models that another user keeps are not models that are missing
 */
export async function namesIn(folder: string, absent: readonly string[] = ['ENOENT']): Promise<string[]> {
  return await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (absent.includes(error.code ?? '')) return []
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `The data directory cannot be read ("${folder}": ${error.code ?? error.message}): name another with --home or ONECLASS_HOME, or run as the user who made it.`,
    )
  })
}

export function openVersions(root: string): Versions {
  const chosen = keepFiles((text) => (parseJson(text) as { version?: unknown } | null | undefined)?.version)
  const folderOf = (name: string, version: number) => join(root, name, String(version))
  const servingFile = (name: string) => join(root, name, 'serving.json')

  const versionsOf = async (name: string): Promise<number[]> => {
    const entries = await namesIn(join(root, name), ['ENOENT', 'ENOTDIR'])
    return entries
      .filter((entry) => /^[1-9]\d{0,8}$/.test(entry))
      .map(Number)
      .sort((a, b) => b - a)
  }

  const highestFile = (name: string) => join(root, name, 'highest.json')
  /** 0 where none was removed, or where the file is damaged. */
  const highestRemoved = async (name: string): Promise<number> => {
    const text = await readFile(highestFile(name), 'utf8').catch(() => '')
    const { version } = (parseJson(text) ?? {}) as { version?: unknown }
    return typeof version === 'number' && Number.isSafeInteger(version) ? version : 0
  }

  const nextVersion = async (name: string): Promise<number> =>
    Math.max((await versionsOf(name))[0] ?? 0, await highestRemoved(name)) + 1

  const keepNumber = async (name: string, version: number): Promise<void> => {
    if (version < (await nextVersion(name))) return
    await writeWhole(highestFile(name), JSON.stringify({ version }))
  }

  const servingOf = async (name: string, versions: readonly number[]): Promise<number | undefined> => {
    if (versions.length === 0) return undefined
    const choice = await chosen.read(servingFile(name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return versions[0]
      throw error
    })
    if (typeof choice === 'number') return versions.find((version) => version === choice) ?? versions[0]
    throw new OneclassError(
      'MODEL_CORRUPT',
      `Which version of "${name}" is in use is not known (serving.json is damaged): "oneclass models use ${name}@${versions[0]}" says it again.`,
    )
  }

  const resolveRef = async (ref: string): Promise<{ name: string; version: number }> => {
    const [name = '', wanted, ...rest] = ref.split('@')
    assertModelName(name)
    if (rest.length > 0 || (wanted !== undefined && !/^[1-9]\d{0,8}$/.test(wanted))) {
      throw new OneclassError(
        'MODEL_NAME_INVALID',
        `Expected NAME or NAME@VERSION but received ${JSON.stringify(ref)}.`,
      )
    }
    const versions = await versionsOf(name)
    const version = wanted === undefined ? await servingOf(name, versions) : versions.find((v) => v === Number(wanted))
    if (version === undefined) {
      const names = versions.length ? versions.map((v) => `${name}@${v}`) : (await namesIn(root)).filter(isModelName)
      const there = names.length
        ? `There are: ${names.slice(0, 20).join(', ')}${names.length > 20 ? `, and ${names.length - 20} more` : ''}.`
        : 'Fit one first: oneclass fit DIR --name NAME.'
      throw new OneclassError('MODEL_NOT_FOUND', `There is no model "${ref}". ${there}`)
    }
    return { name, version }
  }

  return { folderOf, versionsOf, nextVersion, keepNumber, servingFile, servingOf, resolveRef }
}
