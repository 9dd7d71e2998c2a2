/**
 * `about.json`: what is known of a version without its artifact, and the alpha in force. A file that a power cut or a bad disk left
 * empty, cut or wrong is an error that names the version and the way out, and never a wrong number.
 */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { OneclassError } from '../errors.ts'
import { keepFiles } from '../system/kept-file.ts'
import { parseJson } from '../system/parse-json.ts'
import { sha256 } from '../system/sha256.ts'
import { writeWhole } from '../system/whole-file.ts'
import { labelOf } from '../wire/label.ts'
import { Model } from '../wire/model.ts'
import { type Artifact, decodeArtifact } from './artifact.ts'
import { assertGalleryOf } from './gallery.ts'
import { factsOf } from './model-info.ts'

/** What stands beside the artifact. */
export type About = Omit<Model, 'name' | 'version' | 'serving'>

const { name: _name, version: _version, serving: _serving, ...recorded } = Model.properties
/** `added`: what later builds wrote; left out where it is missing or not what this build knows. */
const { createdAt, alpha, n, dim, backbone, seed, sha256: hash, bytes, ...added } = recorded
/** What every build wrote. */
const Needed = Type.Object({ createdAt, alpha, n, dim, backbone, seed, sha256: hash, bytes })

export interface Abouts {
  /** @param folder of the version. @throws MODEL_CORRUPT */
  read(folder: string, of: Pick<Model, 'name' | 'version'>): Promise<About>
}

export function keepAbouts(): Abouts {
  const files = keepFiles((text) => asAbout(parseJson(text)))
  return {
    async read(folder, of) {
      const about = await files.read(join(folder, 'about.json')).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw error
      })
      if (about) return about
      throw new OneclassError(
        'MODEL_CORRUPT',
        `The record of ${labelOf(of)} (about.json) is damaged or missing: "oneclass models repair ${labelOf(of)}" makes it again from the model file.`,
      )
    },
  }
}

export async function writeAbout(folder: string, about: About): Promise<void> {
  await writeWhole(join(folder, 'about.json'), JSON.stringify(about))
}

/**
 * The record as the artifact and the gallery beside it tell it; a damaged gallery is left out. An alpha that was set after the fit is
 * lost: it is the fit's again.
 * @throws MODEL_CORRUPT when the artifact cannot be read either
 */
export async function aboutFromFiles(folder: string): Promise<About> {
  const path = join(folder, 'model.oneclass')
  const artifact = await readFile(path).catch(() => {
    throw new OneclassError('MODEL_CORRUPT', 'The model file is missing or cannot be read: remove the version.')
  })
  const found = decodeArtifact(artifact)
  const gallery = await readFile(join(folder, 'gallery.oneclass')).catch(() => undefined)
  return {
    createdAt: (await stat(path)).mtime.toISOString(),
    ...factsOf(found, artifact),
    gallery: gallery && isGalleryOf(found, gallery) ? sha256(gallery) : null,
  }
}

function isGalleryOf(artifact: Artifact, gallery: Uint8Array): boolean {
  try {
    assertGalleryOf(artifact, gallery)
    return true
  } catch {
    return false
  }
}

function asAbout(value: unknown): About | undefined {
  if (!Value.Check(Needed, value)) return undefined
  const fields: Record<string, unknown> = { ...value }
  for (const [name, schema] of Object.entries(added)) if (!Value.Check(schema, fields[name])) delete fields[name]
  // not written by the first builds
  return { calibrationScores: value.n, gallery: null, facts: null, ...fields } as About
}
