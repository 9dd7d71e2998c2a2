/**
 * Which backbones there are and how to open one. Four kinds: embedded ones (`models/<id>/` of this package, one of them the
 * default), pulled ones (`<home>/backbones/<id>/`), files that the user names (.onnx, model.json), and `face`.
 */
import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OneclassError } from '../errors.ts'
import { sha256 } from '../system/sha256.ts'
import type { Backbone, BackboneManifest } from './backbone.ts'
import { catalogue } from './catalogue/catalogue.ts'
import { findKnownFile, rememberFile } from './catalogue/known-files.ts'
import { withAxes } from './changed.ts'
import { facePackage, findFaceModels } from './face/face-weights.ts'
import { hiddenFeatures, idFrom, inferManifest } from './inferred-manifest.ts'
import { checkWeights, parseManifest, readBackboneFiles } from './manifest.ts'
import { manifestBeside } from './manifest-beside.ts'
import { describeOnnx } from './onnx/onnx.ts'
import { readGraph } from './onnx/onnx-graph.ts'
import { openSpread } from './onnx/spread.ts'

export interface OpenOptions {
  /** The data directory. */
  readonly home: string
  /** Of the network. Default: all CPUs, over which many images are spread. */
  readonly threads?: number
  /** Of the face backbone: take no face that is in doubt. */
  readonly onlySureFaces?: boolean
  /** What was assumed about a file without a manifest, one sentence a call. */
  readonly onNotice?: (sentence: string) => void
}

export interface BackboneInfo {
  readonly id: string
  readonly kind: 'embedded' | 'pulled' | 'available' | 'face'
  readonly isDefault: boolean
  /** Ready to use without a download or an installation. */
  readonly ready: boolean
  readonly license: string | null
  readonly bytes: number | null
  readonly dim: number | null
  readonly description: string
}

/** Ids of the backbones that come with a version of this package. */
const embeddedId = /^oc-/
const defaultId = 'oc-s3'

/** The folder that holds `models/`: up from here to the package.json, in the sources as in dist/. */
const packageRoot = findPackageRoot(fileURLToPath(new URL('.', import.meta.url)))

/**
 * @param ref an id, `face`, a path to an .onnx file or a model.json, or undefined for the default
 * @throws BACKBONE_NOT_FOUND, BACKBONE_INVALID, DEPENDENCY_MISSING
 */
export async function openBackbone(ref: string | undefined, options: OpenOptions): Promise<Backbone> {
  if (ref === undefined) return openManifest(await defaultManifest(), options)
  if (ref === 'face') return openFace(options)
  if (isFileReference(ref)) {
    const path = resolve(ref)
    const backbone = await openFile(path, options)
    await rememberFile(options.home, { path, id: backbone.id, hash: backbone.hash })
    return backbone
  }
  const manifest = await findManifest(ref, options.home)
  if (manifest) return openManifest(manifest, options)
  const ids = (await listBackbones(options)).map(({ id }) => id)
  const advice = catalogue.some(({ id }) => id === ref)
    ? `Run "oneclass backbones pull ${ref}".`
    : `There are: ${ids.join(', ')}; or name an .onnx file.`
  throw new OneclassError('BACKBONE_NOT_FOUND', `There is no backbone "${ref}" here. ${advice}`)
}

/**
 * The backbone that a model was fitted with: by id, else the file that it was fitted with, which is remembered by its hash.
 * @param model `label` is NAME@VERSION where it is known, for what is said where the backbone is not here
 * @throws BACKBONE_NOT_FOUND, BACKBONE_MISMATCH when one of that name is here but gives other embeddings
 */
export async function openBackboneOf(
  model: { readonly id: string; readonly hash: string; readonly label?: string },
  options: OpenOptions,
): Promise<Backbone> {
  const { label = 'NAME' } = model
  const called = model.label === undefined ? 'The model' : `The model "${model.label}"`
  const known = await findKnownFile(options.home, model.hash)
  const hasId = model.id === 'face' || (await findManifest(model.id, options.home)) !== undefined
  const refs = [...(hasId ? [model.id] : []), ...(known ? [known] : [])]
  let other: string | undefined
  for (const ref of refs) {
    const missing = isFileReference(ref) && !(await stat(ref).catch(() => undefined))
    if (missing) continue
    const backbone = await openBackbone(ref, options)
    if (backbone.hash === model.hash) return backbone
    other = ref
    await backbone.close()
  }
  if (other !== undefined) {
    throw new OneclassError(
      'BACKBONE_MISMATCH',
      `${called} was fitted with another version of the backbone "${model.id}" than the one that is here ("${other}"). Fit it again (oneclass fit --from-model ${label} --backbone ${model.id}), or name the old file as the backbone.`,
    )
  }
  const where = known ? ` (it was at "${known}")` : ''
  const wayOut = embeddedId.test(model.id)
    ? `it came with another version of oneclass. Fit the model again (oneclass fit --from-model ${label} --backbone ID), or copy that version's folder "models/${model.id}" to "${join(options.home, 'backbones', model.id)}".`
    : 'name its file as the backbone.'
  throw new OneclassError(
    'BACKBONE_NOT_FOUND',
    `The backbone "${model.id}" that ${called.replace(/^The/, 'the')} was fitted with is not here${where}: ${wayOut}`,
  )
}

/** Everything that `--backbone` can name without a path: the embedded ones first, the default before all. */
export async function listBackbones(options: Pick<OpenOptions, 'home'>): Promise<BackboneInfo[]> {
  const embedded = await manifestsIn(join(packageRoot, 'models'))
  const pulled = await manifestsIn(join(options.home, 'backbones'))
  const isDefault = embedded.length > 0 ? await defaultManifest() : undefined
  const describe = (kind: BackboneInfo['kind'], { path, manifest }: Listed): BackboneInfo => ({
    id: manifest.id,
    kind,
    isDefault: path === isDefault,
    ready: true,
    license: manifest.license ?? null,
    bytes: manifest.bytes ?? null,
    dim: manifest.outputs.embedding.dim,
    description: manifest.description ?? '',
  })
  const local = [
    ...embedded.map((entry) => describe('embedded', entry)),
    ...pulled.map((entry) => describe('pulled', entry)),
  ]
  local.sort((a, b) => Number(b.isDefault) - Number(a.isDefault))
  const available = catalogue
    .filter(({ id }) => !local.some((entry) => entry.id === id))
    .map(
      ({ id, license, bytes, dim, description }): BackboneInfo => ({
        id,
        kind: 'available',
        isDefault: false,
        ready: false,
        license,
        bytes,
        dim,
        description,
      }),
    )
  return [...local, faceInfo, ...available]
}

const faceInfo: BackboneInfo = {
  id: 'face',
  kind: 'face',
  isDefault: false,
  ready: findFaceModels() !== undefined,
  license: 'MIT',
  bytes: null,
  dim: 128,
  description: `Finds, aligns and embeds one face, for models of a person (npm install ${facePackage})`,
}

async function openFace(options: OpenOptions): Promise<Backbone> {
  const { openFace: open } = await import('./face/face.ts')
  return open(options)
}

async function openManifest(path: string, options: OpenOptions): Promise<Backbone> {
  const { manifest, weights, axes } = await readBackboneFiles(path)
  return withAxes(await openSpread(weights, manifest, options), axes)
}

async function openFile(path: string, options: OpenOptions): Promise<Backbone> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) throw new OneclassError('BACKBONE_NOT_FOUND', `The backbone file "${path}" does not exist.`)
  if (extname(path).toLowerCase() === '.json') {
    const { openTfjs } = await import('./tfjs/tfjs.ts')
    return openTfjs(path, options)
  }
  const weights = await readFile(path)
  const beside = await manifestBeside(path)
  if (beside) {
    checkWeights(weights, beside, path)
    return openSpread(weights, beside, options)
  }
  const file = basename(path)
  const graph = readGraph(weights)
  const described = await describeOnnx(weights, file, hiddenFeatures(graph))
  const about = {
    id: idFrom(basename(file, extname(file)), 'onnx'),
    file,
    sha256: sha256(weights),
    bytes: weights.length,
  }
  const { manifest, notices } = inferManifest(about, described, graph)
  for (const notice of notices) options.onNotice?.(notice)
  return openSpread(weights, manifest, options)
}

interface Listed {
  readonly path: string
  readonly manifest: BackboneManifest
}

/** Manifests one level below a folder; what is not one is left out. */
async function manifestsIn(folder: string): Promise<Listed[]> {
  const entries = await readdir(folder).catch(() => [])
  const found: Listed[] = []
  for (const entry of entries.sort()) {
    const path = join(folder, entry, 'manifest.json')
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text === undefined) continue
    try {
      found.push({ path, manifest: parseManifest(text, path) })
    } catch {
      // opening it by its id says what is wrong
    }
  }
  return found
}

async function findManifest(id: string, home: string): Promise<string | undefined> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id)) return undefined
  for (const folder of [join(packageRoot, 'models'), join(home, 'backbones')]) {
    const path = join(folder, id, 'manifest.json')
    if (await stat(path).catch(() => undefined)) return path
  }
  return undefined
}

/** The embedded backbone that is used where none is named; without it, the one with the last id. */
async function defaultManifest(): Promise<string> {
  const embedded = await manifestsIn(join(packageRoot, 'models'))
  embedded.sort((a, b) => (a.manifest.id < b.manifest.id ? 1 : -1))
  const first = embedded.find(({ manifest }) => manifest.id === defaultId) ?? embedded[0]
  if (!first) throw new OneclassError('BACKBONE_NOT_FOUND', 'This installation has no embedded backbone: name one.')
  return first.path
}

function isFileReference(ref: string): boolean {
  return /[\\/]/.test(ref) || /\.(onnx|json)$/i.test(ref)
}

function findPackageRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  const above = dirname(folder)
  return above === folder ? folder : findPackageRoot(above)
}
