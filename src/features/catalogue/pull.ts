/** `oneclass backbones pull`: a network of the catalogue into the data directory, with the manifest that makes it usable. */
import { copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OneclassError } from '../../errors.ts'
import { makeFolder } from '../../system/files.ts'
import type { BackboneManifest } from '../backbone.ts'
import { hiddenFeatures, inferManifest } from '../inferred-manifest.ts'
import { readBackboneFiles } from '../manifest.ts'
import { describeOnnx } from '../onnx/onnx.ts'
import { readGraph } from '../onnx/onnx-graph.ts'
import { type CatalogueEntry, catalogue } from './catalogue.ts'
import { type DownloadOptions, download } from './download.ts'

export interface PullOptions extends Omit<DownloadOptions, 'sha256'> {
  readonly home: string
  /** Instead of the built-in catalogue. */
  readonly entries?: readonly CatalogueEntry[]
}

export interface Pulled {
  readonly manifest: BackboneManifest
  readonly folder: string
  /** It was here already, whole. */
  readonly already: boolean
}

/** @throws BACKBONE_NOT_FOUND, DOWNLOAD_FAILED, CANCELLED */
export async function pullBackbone(id: string, options: PullOptions): Promise<Pulled> {
  const entries = options.entries ?? catalogue
  const entry = entries.find((candidate) => candidate.id === id)
  if (!entry) {
    const known = entries.map((candidate) => candidate.id).join(', ')
    throw new OneclassError('BACKBONE_NOT_FOUND', `There is no backbone "${id}" to pull. There are: ${known}.`)
  }
  const folder = join(options.home, 'backbones', id)
  const present = await readBackboneFiles(join(folder, 'manifest.json')).catch(() => undefined)
  if (present && (entry.sha256 === null || present.manifest.sha256 === entry.sha256)) {
    return { manifest: present.manifest, folder, already: true }
  }
  const downloads = join(options.home, 'backbones', '.downloads')
  const file = join(downloads, `${id}.onnx`)
  const sha256 = await download(entry.url, file, { ...options, sha256: entry.sha256 })
  const weights = await readFile(file)
  const manifest = await describe(entry, weights, sha256).catch(async (error: unknown) => {
    await rm(file, { force: true })
    throw new OneclassError('DOWNLOAD_FAILED', `${entry.url} gave a file that is not the expected network.`, {
      cause: error,
    })
  })
  const temporary = join(downloads, `${id}.${process.pid}`)
  await makeFolder(temporary)
  await copyFile(file, join(temporary, manifest.file))
  await writeFile(join(temporary, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  await rm(folder, { recursive: true, force: true })
  await rename(temporary, folder)
  await rm(file, { force: true })
  return { manifest, folder, already: false }
}

/** The entry's manifest, names of tensors taken from the file. */
async function describe(entry: CatalogueEntry, weights: Uint8Array, sha256: string): Promise<BackboneManifest> {
  const graph = readGraph(weights)
  const described = await describeOnnx(weights, entry.id, hiddenFeatures(graph))
  const name = described.inputMetadata[0]?.name ?? 'image'
  const network = { id: entry.id, file: `${entry.id}.onnx`, sha256, bytes: weights.length }
  const embedding = entry.embedding ?? inferManifest(network, described, graph).manifest.outputs.embedding
  if (embedding.dim !== entry.dim) throw new Error(`its features have ${embedding.dim} values, not ${entry.dim}`)
  return {
    ...network,
    version: 1,
    license: entry.license,
    description: entry.description,
    input: { name, ...entry.input },
    outputs: { embedding },
  }
}
