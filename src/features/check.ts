/** `oneclass backbones check`: does a backbone load, is it whole, is it deterministic, and how fast is it here? */
import { OneclassError } from '../errors.ts'
import type { Pixels } from '../images/pixels.ts'
import { assertSharp } from '../images/sharp.ts'
import { usableCpus } from '../system/cpus.ts'
import { type OpenOptions, openBackbone } from './registry.ts'

export interface BackboneCheck {
  readonly id: string
  readonly hash: string
  readonly dim: number
  readonly input: { readonly width: number; readonly height: number; readonly resize: string }
  readonly loadMs: number
  /** Per image, decoding not counted; null where the check's image, which shows nothing, has no embedding (`face`). */
  readonly embedMs: number | null
  readonly threads: number
  readonly deterministic: boolean
  readonly notices: readonly string[]
}

const images = 8

/**
 * @throws DEPENDENCY_MISSING without a decoder of images, what `openBackbone` throws, and BACKBONE_INVALID when embeddings are not
 * numbers or differ from run to run
 */
export async function checkBackbone(ref: string | undefined, options: OpenOptions): Promise<BackboneCheck> {
  assertSharp()
  const notices: string[] = []
  const started = performance.now()
  const backbone = await openBackbone(ref, { ...options, onNotice: (notice) => notices.push(notice) })
  const loadMs = performance.now() - started
  try {
    const { width, height } = backbone.target
    const batch = Array.from({ length: images }, (_, i) => pattern(width, height, i))
    const first = await backbone.embed(batch)
    const again = performance.now()
    const second = await backbone.embed(batch)
    const embedMs = (performance.now() - again) / images
    const alone = await backbone.embed(batch.slice(0, 1))
    const failed = first.find((result) => result instanceof OneclassError)
    if (failed && failed.code !== 'NO_FACE') throw failed
    const same = (a: Float32Array | OneclassError, b: Float32Array | OneclassError | undefined) =>
      a instanceof Float32Array
        ? b instanceof Float32Array && a.every((value, i) => value === b[i])
        : b instanceof OneclassError
    const deterministic = first.every((result, i) => same(result, second[i])) && same(first[0]!, alone[0])
    const { id, hash, dim, target } = backbone
    return {
      id,
      hash,
      dim,
      input: { width: target.width, height: target.height, resize: target.resize },
      loadMs: Math.round(loadMs),
      embedMs: failed ? null : Math.round(embedMs * 10) / 10,
      threads: options.threads ?? usableCpus(),
      deterministic,
      notices,
    }
  } finally {
    await backbone.close()
  }
}

/** Coloured waves, another frequency for each index. */
function pattern(width: number, height: number, index: number): Pixels {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / 3)
    const phase = ((pixel % width) / width) * (index + 1) + Math.floor(pixel / width) / height + (i % 3) / 3
    data[i] = 127 + 120 * Math.sin(phase * 2 * Math.PI)
  }
  return { width, height, data }
}
