/**
 * Named, versioned models in the data directory:
 *
 *   <home>/models/<name>/<version>/model.oneclass   the artifact, never changed
 *                                  /about.json       createdAt, and alpha, which may be changed without refitting
 *                                  /gallery.oneclass  of its positives (`gallery.ts`), where the images were there
 *   <home>/models/<name>/serving.json  the version that a bare name means; without this file the latest
 *
 * A version is written to a temporary folder and renamed into place: it is there whole or not at all, and of two fits at
 * once each gets its own number.
 */
import type { Growth, Model } from '../wire/model.ts'

export type { Growth, Model } from '../wire/model.ts'

import { randomUUID } from 'node:crypto'
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { assertAlpha } from '../detectors/calibration.ts'
import { OneclassError } from '../errors.ts'
import { makeFolder } from '../system/files.ts'
import { keepFiles } from '../system/kept-file.ts'
import { type Artifact, decodeArtifact, encodeArtifact, maxArtifactBytes } from './artifact.ts'
import { maxGalleryBytes } from './gallery.ts'
import { factsOf, type ModelFacts, sha256 } from './model-info.ts'

export type { ModelFacts } from './model-info.ts'

/** What may be saved with a model. */
export interface SaveExtras {
  readonly gallery?: Uint8Array | undefined
  readonly growth?: Growth | undefined
}

/** `ref` is NAME (the version in use) or NAME@VERSION. Every call throws MODEL_NAME_INVALID or MODEL_NOT_FOUND where it applies. */
export interface Registry {
  /** The latest first within a name, names in order. */
  list(): Promise<Model[]>
  info(ref: string): Promise<Model>
  /** Adds the next version, which is then the one in use, with the gallery's bytes where there are some. */
  save(name: string, artifact: Artifact, extras?: SaveExtras): Promise<Model>
  /** The same for what is encoded (and checked) already. */
  saveEncoded(name: string, model: { bytes: Uint8Array; facts: ModelFacts }, extras?: SaveExtras): Promise<Model>
  /** From now on the bare name means this version, until another is chosen or fitted. @param ref NAME@VERSION */
  use(ref: string): Promise<Model>
  load(ref: string): Promise<{ info: Model; artifact: Artifact }>
  bytes(ref: string): Promise<Uint8Array>
  /** The gallery's bytes; undefined without one. @throws MODEL_CORRUPT when they are not those that were saved */
  gallery(ref: string): Promise<Uint8Array | undefined>
  /** Gives a version that has none a gallery. */
  addGallery(ref: string, gallery: Uint8Array): Promise<Model>
  setAlpha(ref: string, alpha: number): Promise<Model>
  /** Moves all versions to a new name. @throws CONFLICT when there is one of that name */
  rename(name: string, to: string): Promise<Model>
  /** Removes one version, or with a bare name all of them. */
  remove(ref: string): Promise<void>
}

/** What stands beside the artifact. */
type About = Omit<Model, 'name' | 'version' | 'serving'>

const modelName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** @throws MODEL_NAME_INVALID */
export function assertModelName(name: string): void {
  if (!modelName.test(name) || name.includes('..')) {
    throw new OneclassError(
      'MODEL_NAME_INVALID',
      `Expected a model name of 1 to 64 letters, digits, ".", "_" or "-" but received ${JSON.stringify(name.slice(0, 100))}.`,
    )
  }
}

export function openRegistry(home: string): Registry {
  const root = join(home, 'models')
  const abouts = keepFiles((text) => JSON.parse(text) as About)
  const chosen = keepFiles((text) => JSON.parse(text) as { version: number })
  const folderOf = (name: string, version: number) => join(root, name, String(version))
  const servingFile = (name: string) => join(root, name, 'serving.json')

  const versionsOf = async (name: string): Promise<number[]> => {
    const entries = await readdir(join(root, name)).catch(() => [])
    return entries
      .filter((entry) => /^[1-9]\d{0,8}$/.test(entry))
      .map(Number)
      .sort((a, b) => b - a)
  }

  /** @param versions of the name, the latest first */
  const servingOf = async (name: string, versions: readonly number[]): Promise<number | undefined> => {
    const choice = await chosen.read(servingFile(name)).catch(() => undefined)
    return versions.find((version) => version === choice?.version) ?? versions[0]
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
      const names = versions.length ? versions.map((v) => `${name}@${v}`) : await readdir(root).catch(() => [])
      const there = names.length
        ? `There are: ${names.slice(0, 20).join(', ')}.`
        : 'Fit one first: oneclass fit DIR --name NAME.'
      throw new OneclassError('MODEL_NOT_FOUND', `There is no model "${ref}". ${there}`)
    }
    return { name, version }
  }

  const infoOf = async (name: string, version: number): Promise<Model> => {
    const about = await abouts.read(join(folderOf(name, version), 'about.json'))
    const { calibrationScores = about.n } = about // not written by the first builds
    const serving = (await servingOf(name, await versionsOf(name))) === version
    return {
      name,
      version,
      ...about,
      calibrationScores,
      gallery: about.gallery ?? null,
      facts: about.facts ?? null,
      serving,
    }
  }

  const readBytes = async (name: string, version: number): Promise<Buffer> => {
    const path = join(folderOf(name, version), 'model.oneclass')
    if ((await stat(path)).size > maxArtifactBytes) {
      throw new OneclassError('MODEL_CORRUPT', `The model file of "${name}@${version}" is larger than a model can be.`)
    }
    return await readFile(path)
  }

  const writeAbout = async ({ name, version, serving: _, ...about }: Model): Promise<void> =>
    await writeWhole(join(folderOf(name, version), 'about.json'), JSON.stringify(about))

  const info = async (ref: string): Promise<Model> => {
    const { name, version } = await resolveRef(ref)
    return await infoOf(name, version)
  }

  return {
    info,

    async list() {
      const names = (await readdir(root).catch(() => [])).filter((name) => modelName.test(name)).sort()
      const found: Model[] = []
      for (const name of names) {
        for (const version of await versionsOf(name)) {
          const entry = await infoOf(name, version).catch(() => undefined)
          if (entry) found.push(entry)
        }
      }
      return found
    },

    async save(name, artifact, extras) {
      const bytes = encodeArtifact(artifact)
      return await this.saveEncoded(name, { bytes, facts: factsOf(artifact, bytes) }, extras)
    },

    async saveEncoded(name, { bytes, facts }, { gallery, growth } = {}) {
      assertModelName(name)
      const about: About = {
        createdAt: new Date().toISOString(),
        ...facts,
        gallery: gallery ? sha256(gallery) : null,
        ...(growth && { growth }),
      }
      const temporary = join(root, name, `.new-${randomUUID()}`)
      await makeFolder(temporary)
      try {
        await writeFile(join(temporary, 'model.oneclass'), bytes)
        if (gallery) await writeFile(join(temporary, 'gallery.oneclass'), gallery)
        await writeFile(join(temporary, 'about.json'), JSON.stringify(about))
        for (let version = ((await versionsOf(name))[0] ?? 0) + 1; ; version++) {
          try {
            await rename(temporary, folderOf(name, version))
            await rm(servingFile(name), { force: true })
            return { name, version, ...about, serving: true }
          } catch (error) {
            if (!isTaken(error)) throw error
          }
        }
      } finally {
        await rm(temporary, { recursive: true, force: true })
      }
    },

    async use(ref) {
      if (!ref.includes('@'))
        throw new OneclassError(
          'MODEL_NAME_INVALID',
          `Expected the version to use, such as ${ref}@1, but received ${JSON.stringify(ref.slice(0, 100))}.`,
        )
      const { name, version } = await resolveRef(ref)
      await writeWhole(servingFile(name), JSON.stringify({ version }))
      return await infoOf(name, version)
    },

    async load(ref) {
      const found = await info(ref)
      const bytes = await readBytes(found.name, found.version)
      return { info: found, artifact: { ...decodeArtifact(bytes), alpha: found.alpha } }
    },

    async bytes(ref) {
      const { name, version } = await resolveRef(ref)
      return await readBytes(name, version)
    },

    async gallery(ref) {
      const found = await info(ref)
      if (found.gallery === null) return undefined
      const path = join(folderOf(found.name, found.version), 'gallery.oneclass')
      const size = (await stat(path).catch(() => undefined))?.size
      const bytes = size === undefined || size > maxGalleryBytes ? undefined : await readFile(path)
      if (bytes === undefined || sha256(bytes) !== found.gallery) {
        throw new OneclassError(
          'MODEL_CORRUPT',
          `The gallery of "${found.name}@${found.version}" is damaged or missing: the model works without it, its positives cannot be shown or added to.`,
        )
      }
      return bytes
    },

    async addGallery(ref, gallery) {
      const found = await info(ref)
      const path = join(folderOf(found.name, found.version), 'gallery.oneclass')
      const temporary = `${path}.${randomUUID()}`
      await writeFile(temporary, gallery)
      await rename(temporary, path)
      const changed = { ...found, gallery: sha256(gallery) }
      await writeAbout(changed)
      return changed
    },

    async setAlpha(ref, alpha) {
      assertAlpha(alpha)
      const changed = { ...(await info(ref)), alpha }
      await writeAbout(changed)
      return changed
    },

    async rename(name, to) {
      assertModelName(name)
      assertModelName(to)
      await resolveRef(name)
      const taken = new OneclassError(
        'CONFLICT',
        `There is a model "${to}" already; choose another name or remove it first.`,
      )
      if ((await versionsOf(to)).length > 0) throw taken
      await rename(join(root, name), join(root, to)).catch((error: unknown) => {
        throw isTaken(error) ? taken : error // a version that is saved at this moment
      })
      return await info(to)
    },

    async remove(ref) {
      const { name, version } = await resolveRef(ref)
      if (ref.includes('@')) await rm(folderOf(name, version), { recursive: true, force: true })
      if (!ref.includes('@') || (await versionsOf(name)).length === 0) {
        await rm(join(root, name), { recursive: true, force: true })
      }
    },
  }
}

/** The file appears whole or not at all. */
async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`
  await writeFile(temporary, text)
  await rename(temporary, path)
}

function isTaken(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOTEMPTY' || code === 'EEXIST'
}
