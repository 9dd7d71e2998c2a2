/** A TensorFlow.js network on disk: `model.json` and the weight files that it names, read whole and hashed. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Value } from 'typebox/value'
import { OneclassError } from '../../errors.ts'
import { parseJson } from '../../system/parse-json.ts'
import { TensorFlowModel } from '../../wire/tensorflow.ts'

/** Bytes of all weights together. */
const maxWeights = 1024 ** 3

/** Models within models are nested deep. */
const shape = { maxDepth: 128, maxValues: 1_000_000 }

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
  const json = parseJson(text.toString('utf8'), shape)
  if (json === undefined) throw invalid('is not valid JSON, or nested too deep')
  if (!Value.Check(TensorFlowModel, json)) {
    throw invalid('is no TensorFlow.js model: it lacks modelTopology or weightsManifest, or they have another form')
  }
  const weightSpecs: object[] = []
  const parts: Buffer[] = []
  let bytes = 0
  for (const group of json.weightsManifest) {
    for (const entry of group.weights) weightSpecs.push(entry)
    for (const name of group.paths) {
      if (name !== basename(name) || name.includes('\\') || name.startsWith('.')) {
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
    format: json.format === 'graph-model' ? 'graph-model' : 'layers-model',
    topology: json.modelTopology,
    weightSpecs,
    weights: Uint8Array.from(Buffer.concat(parts)),
    sha256: hash.digest('hex'),
    bytes: bytes + text.length,
  }
}
