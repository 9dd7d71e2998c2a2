/** Reading and checking `manifest.json`, the file beside a network that says how to feed it and how to read it. */
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { decodeAxes } from '../detectors/patches/axes-file.ts'
import { mapToLookAt, type PlaceAxes } from '../detectors/patches/places.ts'
import { OneclassError } from '../errors.ts'
import { sha256 } from '../system/sha256.ts'
import { nameForm } from '../wire/names.ts'
import type { BackboneManifest, MapOutput } from './backbone.ts'

/** Of the sides of the input. */
const maxSide = 4096

/** @throws BACKBONE_INVALID, with the path of the field and what was expected of it */
export function parseManifest(text: string, where: string): BackboneManifest {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new OneclassError('BACKBONE_INVALID', `"${where}" is not valid JSON.`)
  }
  const check = new ManifestReader(where)
  const manifest = check.object(value, '')
  const input = check.object(manifest['input'], 'input')
  const outputs = check.object(manifest['outputs'], 'outputs')
  const embedding = check.object(outputs['embedding'], 'outputs.embedding')
  const file = check.fileName(manifest['file'], 'file')
  return {
    id: check.matching(manifest['id'], 'id', nameForm, 'letters, digits, ".", "_" or "-"'),
    version: check.integer(manifest['version'] ?? 1, 'version', 0, 1e9),
    file,
    sha256: check.matching(manifest['sha256'], 'sha256', /^[0-9a-f]{64}$/, '64 lower-case hex digits'),
    ...(manifest['bytes'] === undefined ? {} : { bytes: check.integer(manifest['bytes'], 'bytes', 1, 2 ** 40) }),
    ...(manifest['license'] === undefined ? {} : { license: check.text(manifest['license'], 'license') }),
    ...(manifest['description'] === undefined || manifest['description'] === ''
      ? {}
      : { description: check.text(manifest['description'], 'description') }),
    input: {
      name: check.text(input['name'], 'input.name'),
      width: check.integer(input['width'], 'input.width', 1, maxSide),
      height: check.integer(input['height'], 'input.height', 1, maxSide),
      resize: check.oneOf(input['resize'] ?? 'stretch', 'input.resize', ['stretch', 'cover', 'contain']),
      layout: check.oneOf(input['layout'], 'input.layout', ['NCHW', 'NHWC']),
      channels: check.oneOf(input['channels'] ?? 'RGB', 'input.channels', ['RGB', 'BGR']),
      mean: check.triple(input['mean'], 'input.mean', false),
      std: check.triple(input['std'], 'input.std', true),
      ...(input['multipleOf'] === undefined
        ? {}
        : { multipleOf: check.integer(input['multipleOf'], 'input.multipleOf', 1, maxSide) }),
    },
    outputs: {
      embedding: {
        name: check.text(embedding['name'], 'outputs.embedding.name'),
        dim: check.integer(embedding['dim'], 'outputs.embedding.dim', 1, 65_536),
        ...(embedding['token'] === undefined
          ? {}
          : { token: check.oneOf(embedding['token'], 'outputs.embedding.token', ['first']) }),
      },
      ...readMaps(check, outputs, input),
      ...(outputs['axes'] === undefined ? {} : { axes: check.fileName(outputs['axes'], 'outputs.axes') }),
    },
    tta: check.list(manifest['tta'] ?? [], 'tta').map((entry, i) => check.oneOf(entry, `tta[${i}]`, ['flip'])),
  }
}

/** `maps`, or the older `patches`: one map whose stride follows from its width. */
function readMaps(
  check: ManifestReader,
  outputs: Record<string, unknown>,
  input: Record<string, unknown>,
): Pick<BackboneManifest['outputs'], 'maps'> {
  const mapOf = (value: unknown, field: string): MapOutput => {
    const map = check.object(value, field)
    const width = check.integer(input['width'], 'input.width', 1, maxSide)
    const isOld = map['stride'] === undefined && map['width'] !== undefined
    const stride = isOld ? width / check.integer(map['width'], `${field}.width`, 1, maxSide) : map['stride']
    return {
      name: check.text(map['name'], `${field}.name`),
      channels: check.integer(map['channels'], `${field}.channels`, 1, 65_536),
      stride: check.integer(stride, `${field}.stride`, 1, maxSide),
    }
  }
  if (outputs['maps'] !== undefined) {
    const list = check.list(outputs['maps'], 'outputs.maps')
    return { maps: list.map((value, i) => mapOf(value, `outputs.maps[${i}]`)) }
  }
  return outputs['patches'] === undefined ? {} : { maps: [mapOf(outputs['patches'], 'outputs.patches')] }
}

export interface BackboneFiles {
  readonly manifest: BackboneManifest
  readonly weights: Uint8Array
  readonly axes?: PlaceAxes
}

/** What a folder holds; the weights' hash and length are checked. @throws BACKBONE_NOT_FOUND, BACKBONE_INVALID */
export async function readBackboneFiles(manifestPath: string): Promise<BackboneFiles> {
  const text = await readFile(manifestPath, 'utf8').catch(() => {
    throw new OneclassError('BACKBONE_NOT_FOUND', `There is no backbone manifest "${manifestPath}".`)
  })
  const manifest = parseManifest(text, manifestPath)
  const read = async (name: string): Promise<{ bytes: Uint8Array; path: string }> => {
    const path = join(dirname(manifestPath), name)
    const bytes = await readFile(path).catch(() => {
      throw new OneclassError('BACKBONE_INVALID', `The file "${path}" that "${manifestPath}" names cannot be read.`)
    })
    return { bytes, path }
  }
  const { bytes: weights, path } = await read(manifest.file)
  checkWeights(weights, manifest, path)
  const { axes, maps } = manifest.outputs
  if (axes === undefined || !maps?.length) return { manifest, weights }
  const file = await read(axes)
  try {
    return { manifest, weights, axes: decodeAxes(file.bytes, mapToLookAt(maps).channels) }
  } catch (error) {
    throw new OneclassError('BACKBONE_INVALID', `"${file.path}" is damaged: ${(error as Error).message}.`)
  }
}

/** @throws BACKBONE_INVALID when the bytes are not those that the manifest describes */
export function checkWeights(weights: Uint8Array, manifest: BackboneManifest, path: string): void {
  const found = sha256(weights)
  if (found === manifest.sha256) return
  const length =
    manifest.bytes === undefined || manifest.bytes === weights.length
      ? ''
      : `, ${weights.length} of ${manifest.bytes} bytes`
  throw new OneclassError(
    'BACKBONE_INVALID',
    `"${path}" is damaged or another version: its sha256 is ${found.slice(0, 12)}…, the manifest says ${manifest.sha256.slice(0, 12)}…${length}.`,
  )
}

/** What makes embeddings what they are: weights and preprocessing, not names or descriptions. Hex sha256. */
export function backboneHash(manifest: BackboneManifest): string {
  const { input, outputs } = manifest
  const parts = [
    manifest.sha256,
    [input.name, input.width, input.height, input.resize, input.layout, input.channels, input.mean, input.std],
    [outputs.embedding.name, outputs.embedding.dim, ...(outputs.embedding.token ? [outputs.embedding.token] : [])],
    manifest.tta ?? [],
  ]
  return sha256(JSON.stringify(parts))
}

/** Checks one field at a time; every message has the file, the field, what was expected and what was there. */
class ManifestReader {
  readonly #where: string

  constructor(where: string) {
    this.#where = where
  }

  wrong(field: string, expected: string, received: unknown): OneclassError {
    const name = field === '' ? 'the manifest' : field
    return new OneclassError(
      'BACKBONE_INVALID',
      `"${this.#where}": expected ${expected} for ${name} but received ${JSON.stringify(received) ?? 'nothing'}.`,
    )
  }

  object(value: unknown, field: string): Record<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.wrong(field, 'an object', value)
    return value as Record<string, unknown>
  }

  list(value: unknown, field: string): unknown[] {
    if (!Array.isArray(value)) throw this.wrong(field, 'a list', value)
    return value
  }

  text(value: unknown, field: string): string {
    if (typeof value !== 'string' || value === '') throw this.wrong(field, 'a text', value)
    return value
  }

  fileName(value: unknown, field: string): string {
    const name = this.text(value, field)
    if (name === basename(name) && !name.includes('\\') && !name.startsWith('.')) return name
    throw this.wrong(field, 'the name of a file in the folder of the manifest', name)
  }

  matching(value: unknown, field: string, pattern: RegExp, expected: string): string {
    if (typeof value !== 'string' || !pattern.test(value)) throw this.wrong(field, expected, value)
    return value
  }

  integer(value: unknown, field: string, low: number, high: number): number {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high) {
      throw this.wrong(field, `an integer from ${low} to ${high}`, value)
    }
    return value
  }

  oneOf<T extends string>(value: unknown, field: string, choices: readonly T[]): T {
    const found = choices.find((choice) => choice === value)
    if (found === undefined) throw this.wrong(field, choices.map((choice) => `"${choice}"`).join(' or '), value)
    return found
  }

  /** Three numbers, one a channel; a single number stands for all three. */
  triple(value: unknown, field: string, positive: boolean): number[] {
    const values = typeof value === 'number' ? [value, value, value] : this.list(value, field)
    const fine = (entry: unknown) => typeof entry === 'number' && Number.isFinite(entry) && (!positive || entry > 0)
    if (values.length !== 3 || !values.every(fine)) {
      throw this.wrong(field, `three ${positive ? 'positive ' : ''}numbers, one a channel,`, value)
    }
    return values as number[]
  }
}
