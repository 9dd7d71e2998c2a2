/** The weights inside the optional package `@vladmandic/face-api`: where they lie, their hash, and their 8-bit quantisation undone. */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Value } from 'typebox/value'
import { OneclassError } from '../../errors.ts'
import { parseJson } from '../../system/parse-json.ts'
import { sha256 } from '../../system/sha256.ts'
import { type WeightEntry, WeightsManifest } from '../../wire/tensorflow.ts'

export const facePackage = '@vladmandic/face-api'

interface Weight {
  readonly shape: readonly number[]
  readonly values: Float32Array
}

export class FaceWeights {
  /** Hex sha256 of the weights file. */
  readonly hash: string
  readonly bytes: number
  readonly #weights = new Map<string, Weight>()

  /** @param network a file of the package's `model` folder, without its ending. @throws DEPENDENCY_MISSING, BACKBONE_INVALID */
  constructor(folder: string, network: string) {
    try {
      const bytes = readFileSync(join(folder, `${network}.bin`))
      this.hash = sha256(bytes)
      this.bytes = bytes.length
      const groups = parseJson(readFileSync(join(folder, `${network}-weights_manifest.json`), 'utf8'))
      if (!Value.Check(WeightsManifest, groups)) throw new TypeError('the list of weights has another form')
      this.#read(
        groups.flatMap((group) => group.weights),
        bytes,
      )
    } catch (error) {
      throw new OneclassError(
        'BACKBONE_INVALID',
        `The face networks of ${facePackage} cannot be read: ${String(error)}`,
        { cause: error },
      )
    }
  }

  get(name: string): Weight {
    const weight = this.#weights.get(name)
    if (!weight) throw new OneclassError('BACKBONE_INVALID', `The face networks of ${facePackage} lack "${name}".`)
    return weight
  }

  #read(weights: readonly WeightEntry[], bytes: Buffer): void {
    let at = 0
    for (const { name, shape, dtype, quantization } of weights) {
      const count = shape.reduce((product, side) => product * side, 1)
      const size = quantization ? 1 : 4
      const raw = bytes.subarray(at, at + count * size)
      if (raw.length < count * size) throw new RangeError('the weights file is cut short')
      if (quantization?.dtype === 'uint8') {
        const { min, scale } = quantization
        if (min === undefined || scale === undefined) throw new TypeError('a weight does not tell its range')
        const values = new Float32Array(count)
        for (let i = 0; i < count; i++) values[i] = raw[i]! * scale + min
        this.#weights.set(name, { shape, values })
      } else if (!quantization && dtype === 'float32') {
        this.#weights.set(name, { shape, values: new Float32Array(Uint8Array.from(raw).buffer) })
      }
      at += count * size
    }
  }
}

/** The package's `model` folder, undefined where the package is not installed. */
export function findFaceModels(): string | undefined {
  try {
    const folder = join(dirname(createRequire(import.meta.url).resolve(`${facePackage}/package.json`)), 'model')
    return existsSync(folder) ? folder : undefined
  } catch {
    return undefined
  }
}
