/**
 * Named, versioned models in the data directory:
 *
 *   <home>/models/<name>/<version>/model.oneclass   the artifact, never changed
 *                                  /about.json       createdAt, and alpha, which may be changed without refitting
 *
 * A version is written to a temporary folder and renamed into place: it is there whole or not at all, and of two fits at
 * once each gets its own number.
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { assertAlpha } from '../detectors/calibration.ts'
import { OneclassError } from '../errors.ts'
import { type Artifact, decodeArtifact, encodeArtifact, maxArtifactBytes } from './artifact.ts'

export interface ModelInfo {
  readonly name: string
  readonly version: number
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly alpha: number
  readonly n: number
  readonly dim: number
  readonly backbone: { readonly id: string; readonly hash: string } | null
  readonly seed: number
  /** Of the artifact's bytes. */
  readonly sha256: string
  readonly bytes: number
}

/** `ref` is NAME (its latest version) or NAME@VERSION. Every call throws MODEL_NAME_INVALID or MODEL_NOT_FOUND where it applies. */
export interface Registry {
  /** The latest first within a name, names in order. */
  list(): Promise<ModelInfo[]>
  info(ref: string): Promise<ModelInfo>
  /** Adds the next version. */
  save(name: string, artifact: Artifact): Promise<ModelInfo>
  load(ref: string): Promise<{ info: ModelInfo; artifact: Artifact }>
  bytes(ref: string): Promise<Uint8Array>
  setAlpha(ref: string, alpha: number): Promise<ModelInfo>
  /** Moves all versions to a new name. @throws CONFLICT when there is one of that name */
  rename(name: string, to: string): Promise<ModelInfo>
  /** Removes one version, or with a bare name all of them. */
  remove(ref: string): Promise<void>
}

/** What stands beside the artifact. */
type About = Omit<ModelInfo, 'name' | 'version'>

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
  const folderOf = (name: string, version: number) => join(root, name, String(version))

  const versionsOf = async (name: string): Promise<number[]> => {
    const entries = await readdir(join(root, name)).catch(() => [])
    return entries
      .filter((entry) => /^[1-9]\d{0,8}$/.test(entry))
      .map(Number)
      .sort((a, b) => b - a)
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
    const version = wanted === undefined ? versions[0] : versions.find((v) => v === Number(wanted))
    if (version === undefined) {
      const names = versions.length ? versions.map((v) => `${name}@${v}`) : await readdir(root).catch(() => [])
      const there = names.length
        ? `There are: ${names.slice(0, 20).join(', ')}.`
        : 'Fit one first: oneclass fit DIR --name NAME.'
      throw new OneclassError('MODEL_NOT_FOUND', `There is no model "${ref}". ${there}`)
    }
    return { name, version }
  }

  const infoOf = async (name: string, version: number): Promise<ModelInfo> => {
    const about = JSON.parse(await readFile(join(folderOf(name, version), 'about.json'), 'utf8')) as About
    return { name, version, ...about }
  }

  const readBytes = async (name: string, version: number): Promise<Buffer> => {
    const path = join(folderOf(name, version), 'model.oneclass')
    if ((await stat(path)).size > maxArtifactBytes) {
      throw new OneclassError('MODEL_CORRUPT', `The model file of "${name}@${version}" is larger than a model can be.`)
    }
    return await readFile(path)
  }

  const info = async (ref: string): Promise<ModelInfo> => {
    const { name, version } = await resolveRef(ref)
    return await infoOf(name, version)
  }

  return {
    info,

    async list() {
      const names = (await readdir(root).catch(() => [])).filter((name) => modelName.test(name)).sort()
      const found: ModelInfo[] = []
      for (const name of names) {
        for (const version of await versionsOf(name)) {
          const entry = await infoOf(name, version).catch(() => undefined)
          if (entry) found.push(entry)
        }
      }
      return found
    },

    async save(name, artifact) {
      assertModelName(name)
      const bytes = encodeArtifact(artifact)
      const about: About = {
        createdAt: new Date().toISOString(),
        alpha: artifact.alpha,
        n: artifact.n,
        dim: artifact.dim,
        backbone: artifact.backbone,
        seed: artifact.seed,
        sha256: sha256(bytes),
        bytes: bytes.length,
      }
      const temporary = join(root, name, `.new-${randomUUID()}`)
      await mkdir(temporary, { recursive: true })
      try {
        await writeFile(join(temporary, 'model.oneclass'), bytes)
        await writeFile(join(temporary, 'about.json'), JSON.stringify(about))
        for (let version = ((await versionsOf(name))[0] ?? 0) + 1; ; version++) {
          try {
            await rename(temporary, folderOf(name, version))
            return { name, version, ...about }
          } catch (error) {
            const { code } = error as NodeJS.ErrnoException
            if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
          }
        }
      } finally {
        await rm(temporary, { recursive: true, force: true })
      }
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

    async setAlpha(ref, alpha) {
      assertAlpha(alpha)
      const { name, version } = await resolveRef(ref)
      const { name: _name, version: _version, ...about } = await infoOf(name, version)
      const path = join(folderOf(name, version), 'about.json')
      const temporary = `${path}.${randomUUID()}`
      await writeFile(temporary, JSON.stringify({ ...about, alpha }))
      await rename(temporary, path)
      return { name, version, ...about, alpha }
    },

    async rename(name, to) {
      assertModelName(to)
      await resolveRef(name)
      if ((await versionsOf(to)).length > 0) {
        throw new OneclassError('CONFLICT', `There is a model "${to}" already; choose another name or remove it first.`)
      }
      await rename(join(root, name), join(root, to))
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

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
