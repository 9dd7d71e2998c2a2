/** A TensorFlow.js network on disk: `model.json` and the weight files that it names, read whole and hashed. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { OneclassError } from '../../errors.ts'

/** Bytes of all weights together. */
const maxWeights = 1024 ** 3

export interface TfjsFiles {
  readonly format: 'layers-model' | 'graph-model'
  readonly topology: object
  readonly weightSpecs: readonly object[]
  readonly weights: Uint8Array<ArrayBuffer>
  /** Hex, over model.json and the weights. */
  readonly sha256: string
  readonly bytes: number
}

/** @throws BACKBONE_NOT_FOUND, BACKBONE_INVALID */
export async function readTfjsFiles(path: string): Promise<TfjsFiles> {
  const invalid = (message: string) => new OneclassError('BACKBONE_INVALID', `"${path}" ${message}.`)
  const text = await readFile(path).catch(() => {
    throw new OneclassError('BACKBONE_NOT_FOUND', `The backbone file "${path}" does not exist.`)
  })
  let json: Record<string, unknown>
  try {
    json = JSON.parse(text.toString('utf8')) as Record<string, unknown>
  } catch {
    throw invalid('is not valid JSON')
  }
  const topology = json['modelTopology']
  const manifest = json['weightsManifest']
  if (typeof topology !== 'object' || topology === null || !Array.isArray(manifest)) {
    throw invalid('is no TensorFlow.js model: it lacks modelTopology or weightsManifest')
  }
  const weightSpecs: object[] = []
  const parts: Buffer[] = []
  let bytes = 0
  for (const group of manifest as { paths?: unknown; weights?: unknown }[]) {
    if (!Array.isArray(group.paths) || !Array.isArray(group.weights)) throw invalid('has a malformed weightsManifest')
    weightSpecs.push(...(group.weights as object[]))
    for (const name of group.paths as unknown[]) {
      if (typeof name !== 'string' || name !== basename(name) || name.includes('\\') || name.startsWith('.')) {
        throw invalid(`names a weights file outside its folder (${JSON.stringify(name)})`)
      }
      const part = await readFile(join(dirname(path), name)).catch(() => {
        throw invalid(`names "${name}", which cannot be read`)
      })
      bytes += part.length
      if (bytes > maxWeights) throw invalid('has more than 1 GiB of weights')
      parts.push(part)
    }
  }
  const hash = createHash('sha256').update(text)
  for (const part of parts) hash.update(part)
  return {
    format: json['format'] === 'graph-model' ? 'graph-model' : 'layers-model',
    topology,
    weightSpecs,
    weights: Uint8Array.from(Buffer.concat(parts)),
    sha256: hash.digest('hex'),
    bytes: bytes + text.length,
  }
}
