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
import { randomUUID } from 'node:crypto'
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { assertAlpha } from '../detectors/calibration.ts'
import { OneclassError } from '../errors.ts'
import { makeFolder } from '../system/files.ts'
import { withLock } from '../system/lock.ts'
import { privateFolder, renameSynced, syncFolder, writeSynced, writeWhole } from '../system/whole-file.ts'
import { labelOf } from '../wire/label.ts'
import type { Growth, Model } from '../wire/model.ts'
import { type About, aboutFromFiles, keepAbouts, writeAbout } from './about.ts'
import { type Artifact, decodeArtifact, encodeArtifact, maxArtifactBytes } from './artifact.ts'
import { maxGalleryBytes } from './gallery.ts'
import { factsOf, type ModelFacts, sha256 } from './model-info.ts'
import { type DamagedModel, surveyModels } from './survey.ts'
import { assertModelName, isModelName, openVersions } from './versions.ts'

export type { Growth, Model } from '../wire/model.ts'
export type { ModelFacts } from './model-info.ts'
export { assertModelName } from './versions.ts'

/** What may be saved with a model. */
export interface SaveExtras {
  readonly gallery?: Uint8Array | undefined
  readonly growth?: Growth | undefined
}

/** `ref` is NAME (the version in use) or NAME@VERSION. Every call throws MODEL_NAME_INVALID or MODEL_NOT_FOUND where it applies. */
export interface Registry {
  /** The latest first within a name, names in order. Damaged ones are left out. */
  list(): Promise<Model[]>
  /** Can the models be read? Cheap, however many there are. */
  isReadable(): Promise<boolean>
  /** The same as `list`, and which ones are damaged and how. */
  survey(): Promise<{ models: Model[]; damaged: DamagedModel[] }>
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
  /** Makes the record of a damaged version again from its model file; alpha is then that of the fit. @throws MODEL_CORRUPT */
  repair(ref: string): Promise<Model>
  /** Removes one version, or with a bare name all of them. */
  remove(ref: string): Promise<void>
}

export function openRegistry(home: string): Registry {
  const root = join(home, 'models')
  const abouts = keepAbouts()
  const { folderOf, versionsOf, servingFile, servingOf, resolveRef } = openVersions(root)

  const infoOf = async (name: string, version: number, serving?: number): Promise<Model> => {
    const about = await abouts.read(folderOf(name, version), { name, version })
    const inUse = serving ?? (await servingOf(name, await versionsOf(name)).catch(() => undefined))
    return { name, version, ...about, serving: inUse === version }
  }

  const readBytes = async (name: string, version: number): Promise<Buffer> => {
    const path = join(folderOf(name, version), 'model.oneclass')
    const size = (await stat(path).catch(() => undefined))?.size
    if (size === undefined || size > maxArtifactBytes) {
      const what = size === undefined ? 'missing or cannot be read' : 'larger than a model can be'
      throw new OneclassError('MODEL_CORRUPT', `The model file of ${labelOf({ name, version })} is ${what}.`)
    }
    return await readFile(path)
  }

  /** Reads, changes and writes the record as one step. */
  const change = async (ref: string, next: (now: Model, folder: string) => Promise<Partial<Model>>): Promise<Model> => {
    const { name, version } = await resolveRef(ref)
    const folder = folderOf(name, version)
    return await withLock(join(folder, 'about.lock'), async (lock) => {
      const now = await infoOf(name, version)
      const { name: _n, version: _v, serving, ...about } = { ...now, ...(await next(now, folder)) }
      await lock.assertHeld()
      await writeAbout(folder, about)
      return { name, version, ...about, serving }
    })
  }

  const info = async (ref: string): Promise<Model> => {
    const { name, version } = await resolveRef(ref)
    return await infoOf(name, version)
  }

  const survey = () => surveyModels(root, { infoOf, versionsOf, servingOf })

  return {
    info,

    async list() {
      return (await survey()).models
    },
    survey,

    async isReadable() {
      return await readdir(root).then(
        () => true,
        (error: NodeJS.ErrnoException) => error.code === 'ENOENT', // none yet
      )
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
      await makeFolder(temporary, privateFolder)
      try {
        await writeSynced(join(temporary, 'model.oneclass'), bytes)
        if (gallery) await writeSynced(join(temporary, 'gallery.oneclass'), gallery)
        await writeSynced(join(temporary, 'about.json'), JSON.stringify(about))
        await syncFolder(temporary)
        for (let version = ((await versionsOf(name))[0] ?? 0) + 1; ; version++) {
          try {
            await renameSynced(temporary, folderOf(name, version))
            await syncFolder(root)
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
      return await change(ref, async (_now, folder) => {
        await writeWhole(join(folder, 'gallery.oneclass'), gallery)
        return { gallery: sha256(gallery) }
      })
    },

    async setAlpha(ref, alpha) {
      assertAlpha(alpha)
      return await change(ref, async () => ({ alpha }))
    },

    async repair(ref) {
      const { name, version } = await resolveRef(ref)
      await writeAbout(folderOf(name, version), await aboutFromFiles(folderOf(name, version)))
      return await infoOf(name, version)
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
      const isAll = !ref.includes('@')
      // whichever is in use: a damaged choice keeps nobody from removing them all
      const isThere = isAll && isModelName(ref) && (await versionsOf(ref)).length > 0
      const { name, version } = isThere ? { name: ref, version: 0 } : await resolveRef(ref)
      if (!isAll) await rm(folderOf(name, version), { recursive: true, force: true })
      if (isAll || (await versionsOf(name)).length === 0) await rm(join(root, name), { recursive: true, force: true })
    },
  }
}

function isTaken(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOTEMPTY' || code === 'EEXIST'
}
