/**
 * Named, versioned models in the data directory:
 *
 *   <home>/models/<name>/<version>/model.oneclass   the artifact, never changed
 *                                  /about.json       createdAt, and alpha, which may be changed without refitting
 *                                  /gallery.oneclass  of its positives (`gallery.ts`), where the images were there
 *                                  /job               the job that it was fitted for, of a fit over HTTP
 *   <home>/models/<name>/serving.json  the version that a bare name means; without this file the latest
 *                       /highest.json  the highest number of a version that was removed, which no other gets
 *
 * A version is written to a temporary folder and renamed into place: it is there whole or not at all, and of two fits at
 * once each gets its own number. Whatever changes names or records is done by one at a time (`models.lock`): a record that is written
 * while its model gets another name would leave half a model under the old one.
 */
import { randomUUID } from 'node:crypto'
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { assertAlpha } from '../detectors/calibration.ts'
import { OneclassError } from '../errors.ts'
import { makeFolder } from '../system/files.ts'
import { lockInTurn } from '../system/lock.ts'
import { sha256InTurns } from '../system/sha256.ts'
import { privateFolder, renameSynced, syncFolder, writeSynced, writeWhole } from '../system/whole-file.ts'
import { labelOf } from '../wire/label.ts'
import type { Model } from '../wire/model.ts'
import { type About, aboutFromFiles, keepAbouts, writeAbout } from './about.ts'
import { artifactInParts, decodeArtifact, maxArtifactBytes } from './artifact.ts'
import { maxGalleryBytes } from './gallery.ts'
import { factsOf } from './model-info.ts'
import type { Registry } from './registry-port.ts'
import { surveyModels } from './survey.ts'
import { assertModelName, assertNewModelName, isModelName, openVersions } from './versions.ts'

export type { Growth, Model } from '../wire/model.ts'
export type { ModelFacts } from './model-info.ts'
export type { Registry, SaveExtras } from './registry-port.ts'

export function openRegistry(home: string): Registry {
  const root = join(home, 'models')
  const abouts = keepAbouts()
  const { folderOf, versionsOf, nextVersion, keepNumber, servingFile, servingOf, resolveRef } = openVersions(root)

  const infoOf = async (name: string, version: number, serving?: number): Promise<Model> => {
    const about = await abouts.read(folderOf(name, version), { name, version })
    const inUse = serving ?? (await servingOf(name, await versionsOf(name)).catch(() => undefined))
    return { name, version, ...about, serving: inUse === version }
  }

  /** The file that its record tells of, and no other. */
  const readBytes = async (model: Model): Promise<Buffer> => {
    const label = labelOf(model)
    const path = join(folderOf(model.name, model.version), 'model.oneclass')
    const size = (await stat(path).catch(() => undefined))?.size
    if (size === undefined || size > maxArtifactBytes) {
      const what = size === undefined ? 'missing or cannot be read' : 'larger than a model can be'
      throw new OneclassError('MODEL_CORRUPT', `The model file of ${label} is ${what}.`)
    }
    const bytes = await readFile(path)
    if ((await sha256InTurns(bytes)) === model.sha256) return bytes
    throw new OneclassError(
      'MODEL_CORRUPT',
      `The model file of ${label} is damaged: fit it again. If it was replaced on purpose, "oneclass models repair ${label}" accepts it.`,
    )
  }

  const alone = lockInTurn(join(home, 'models.lock'))

  /** Reads, changes and writes the record as one step. */
  const change = (ref: string, next: (now: Model, folder: string) => Promise<Partial<Model>>): Promise<Model> =>
    alone(async (lock) => {
      const { name, version } = await resolveRef(ref)
      const folder = folderOf(name, version)
      const now = await infoOf(name, version)
      const { name: _n, version: _v, serving, ...about } = { ...now, ...(await next(now, folder)) }
      await lock.assertHeld()
      await writeAbout(folder, about)
      return { name, version, ...about, serving }
    })

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
      const bytes = artifactInParts(artifact)
      return await this.saveEncoded(name, { bytes, facts: factsOf(artifact, bytes) }, extras)
    },

    async saveEncoded(name, { bytes, facts }, { gallery, growth, job } = {}) {
      assertNewModelName(name)
      const about: About = {
        createdAt: new Date().toISOString(),
        ...facts,
        gallery: gallery ? await sha256InTurns(gallery) : null,
        ...(growth && { growth }),
      }
      const temporary = join(root, `.new-${randomUUID()}`)
      await makeFolder(temporary, privateFolder)
      try {
        await writeSynced(join(temporary, 'model.oneclass'), bytes)
        if (gallery) await writeSynced(join(temporary, 'gallery.oneclass'), gallery)
        if (job) await writeSynced(join(temporary, 'job'), job)
        await writeSynced(join(temporary, 'about.json'), JSON.stringify(about))
        await syncFolder(temporary)
        return await alone(async () => {
          for (let version = await nextVersion(name); ; version++) {
            try {
              await makeFolder(join(root, name), privateFolder) // it may have got another name meanwhile
              await renameSynced(temporary, folderOf(name, version))
              await syncFolder(root)
              await rm(servingFile(name), { force: true })
              return { name, version, ...about, serving: true }
            } catch (error) {
              if (!isTaken(error)) throw error
            }
          }
        })
      } finally {
        await rm(temporary, { recursive: true, force: true })
      }
    },

    async savedFor(job) {
      for (const model of await this.list()) {
        const path = join(folderOf(model.name, model.version), 'job')
        if ((await readFile(path, 'utf8').catch(() => '')) === job) return model
      }
      return undefined
    },

    async use(ref) {
      if (!ref.includes('@'))
        throw new OneclassError(
          'MODEL_NAME_INVALID',
          `Expected the version to use, such as ${ref}@1, but received ${JSON.stringify(ref.slice(0, 100))}.`,
        )
      return await alone(async () => {
        const { name, version } = await resolveRef(ref)
        await writeWhole(servingFile(name), JSON.stringify({ version }))
        return await infoOf(name, version)
      })
    },

    async load(ref) {
      const found = await info(ref)
      return { info: found, artifact: { ...decodeArtifact(await readBytes(found)), alpha: found.alpha } }
    },

    async bytes(ref) {
      return await readBytes(await info(ref))
    },

    async gallery(ref) {
      const found = await info(ref)
      if (found.gallery === null) return undefined
      const path = join(folderOf(found.name, found.version), 'gallery.oneclass')
      const size = (await stat(path).catch(() => undefined))?.size
      const bytes = size === undefined || size > maxGalleryBytes ? undefined : await readFile(path)
      if (bytes === undefined || (await sha256InTurns(bytes)) !== found.gallery) {
        throw new OneclassError(
          'MODEL_CORRUPT',
          `The gallery of "${labelOf(found)}" is damaged or missing: the model works without it, its positives cannot be shown or added to.`,
        )
      }
      return bytes
    },

    async addGallery(ref, gallery) {
      return await change(ref, async (_now, folder) => {
        await writeWhole(join(folder, 'gallery.oneclass'), gallery)
        return { gallery: await sha256InTurns(gallery) }
      })
    },

    async setAlpha(ref, alpha) {
      assertAlpha(alpha)
      return await change(ref, async () => ({ alpha }))
    },

    async repair(ref) {
      return await alone(async () => {
        const { name, version } = await resolveRef(ref)
        await writeAbout(folderOf(name, version), await aboutFromFiles(folderOf(name, version)))
        return await infoOf(name, version)
      })
    },

    async rename(name, to) {
      assertModelName(name)
      assertNewModelName(to)
      const taken = new OneclassError(
        'CONFLICT',
        `There is a model "${to}" already; choose another name or remove it first.`,
      )
      return await alone(async (lock) => {
        await resolveRef(name)
        if ((await versionsOf(to)).length > 0) throw taken
        await lock.assertHeld()
        await rename(join(root, name), join(root, to)).catch((error: unknown) => {
          throw isTaken(error) ? taken : error
        })
        return await info(to)
      })
    },

    async remove(ref) {
      const isAll = !ref.includes('@')
      await alone(
        async () => {
          // whichever is in use: a damaged choice keeps nobody from removing them all
          const isThere = isAll && isModelName(ref) && (await versionsOf(ref)).length > 0
          const { name, version } = isThere ? { name: ref, version: 0 } : await resolveRef(ref)
          if (!isAll) await rm(folderOf(name, version), { recursive: true, force: true })
          if (isAll || (await versionsOf(name)).length === 0)
            await rm(join(root, name), { recursive: true, force: true })
          else await keepNumber(name, version)
        },
        { makesRoom: true },
      )
    },
  }
}

function isTaken(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOTEMPTY' || code === 'EEXIST'
}
