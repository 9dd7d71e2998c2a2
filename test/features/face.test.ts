import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { embedImages } from '../../src/features/embed.ts'
import { type FaceBackbone, openFace } from '../../src/features/face/face.ts'
import { alignedSquare, cutSquare, decodeFaces } from '../../src/features/face/face-geometry.ts'
import { findFaceModels } from '../../src/features/face/face-weights.ts'
import { collectImages } from '../../src/images/collect.ts'
import { decodeImage } from '../../src/images/decode.ts'
import type { Pixels } from '../../src/images/pixels.ts'
import { pixels } from '../support/networks.ts'

const skip = findFaceModels() ? false : 'the optional package @vladmandic/face-api is not installed'
const photos = fileURLToPath(new URL('../../../../shared/data/person-nicolas-cage/train/', import.meta.url))
const skipPhotos = skip || (existsSync(photos) ? false : 'the photos of ../shared are not here')

describe('the face backbone', { skip }, () => {
  it('finds no face in noise, a plain area or one pixel', async () => {
    const backbone = await openFace({ threads: 1 })
    const images = [
      pixels(200, 150, 1),
      { width: 90, height: 640, data: new Uint8Array(90 * 640 * 3).fill(90) },
      pixels(1, 1, 2),
    ]
    const results = await backbone.embed(images)
    assert.deepEqual(
      results.map((result) => ('code' in result ? result.code : result.length)),
      ['NO_FACE', 'NO_FACE', 'NO_FACE'],
    )
    await backbone.close()
  })

  it('has one hash', async () => {
    assert.equal((await openFace({ threads: 1 })).hash, (await openFace({ threads: 2 })).hash)
  })
})

describe('the face backbone on photos', { skip: skipPhotos }, () => {
  const open = () => openFace({ threads: 1 })

  it('puts photos of one person nearer to each other than to others', async () => {
    const backbone = await open()
    const same = (await collectImages(`${photos}positive`)).slice(0, 8)
    const others = (await collectImages(`${photos}negative`))
      .filter(({ name }) => /person-sports__/.test(name))
      .slice(0, 8)
    const embeddings: Float32Array[][] = [[], []]
    for await (const { index, embedding } of embedImages(backbone, [...same, ...others])) {
      if (embedding) embeddings[index < same.length ? 0 : 1]!.push(embedding)
    }
    const [mine, theirs] = embeddings as [Float32Array[], Float32Array[]]
    assert.ok(mine.length >= 6 && theirs.length >= 4, `${mine.length} and ${theirs.length} faces`)
    const nearest = (one: Float32Array) =>
      Math.min(...mine.filter((other) => other !== one).map((other) => distance(one, other)))
    assert.ok(Math.max(...mine.map(nearest)) < Math.min(...theirs.map(nearest)))
  })

  it('says when there are several, takes the clearly largest, and gives the same bits again', async () => {
    const backbone = await open()
    const [face] = await faces(backbone, 1)
    const beside = (other: Pixels) => sideBySide(face!, other)
    const [alone] = await backbone.embed([face!])
    const [twins] = await backbone.embed([beside(face!)])
    assert.equal((twins as { code?: string }).code, 'SEVERAL_FACES')
    const [dominant] = await backbone.embed([beside(shrunk(face!, 3))])
    assert.ok(dominant instanceof Float32Array && alone instanceof Float32Array)
    assert.ok(distance(dominant, alone) < 0.35, String(distance(dominant, alone)))
    assert.deepEqual(await backbone.embed([face!]), [alone])
  })

  async function faces(backbone: FaceBackbone, count: number): Promise<Pixels[]> {
    const found: Pixels[] = []
    for (const source of await collectImages(`${photos}positive`)) {
      const image = await decodeImage(source, backbone.target)
      if ((await backbone.findFaces(image)).length === 1) found.push(image)
      if (found.length === count) break
    }
    return found
  }
})

describe('face geometry', () => {
  it('cuts an upright square as it is, and mirrored', () => {
    const image = pixels(4, 4, 3)
    const whole = { x: 0, y: 0, right: [4, 0] } as const
    const cut = cutSquare(image, whole, 4, [0, 0, 0], 1)
    assert.deepEqual(
      Array.from(cut.subarray(0, 4)),
      [0, 3, 6, 9].map((at) => image.data[at]),
    )
    const mirrored = cutSquare(image, whole, 4, [0, 0, 0], 1, true)
    assert.deepEqual(
      Array.from(mirrored.subarray(0, 4)),
      [9, 6, 3, 0].map((at) => image.data[at]),
    )
  })

  it('levels the eyes', () => {
    // eyes at (30, 40) and (70, 80) of a 100-pixel square: turned by 45 degrees
    const points = new Float32Array(136)
    const put = (from: number, to: number, x: number, y: number) => {
      for (let i = from; i < to; i++) points.set([x / 100, y / 100], i * 2)
    }
    put(36, 42, 30, 40)
    put(42, 48, 70, 80)
    put(48, 68, 25, 85)
    const { right } = alignedSquare(points, { x: 0, y: 0, right: [100, 0] })
    assert.ok(Math.abs(right[0] - right[1]) < 1e-3 && right[0] > 0)
  })

  it('keeps one box of those that lie on each other', () => {
    // a canvas of one 32-pixel cell: 4 cells of 3 anchors on the first map, then 6, and 6 for each coarser map
    const anchors = [3, 6, 6, 6, 6, 6].map((count) => Array.from({ length: count }, () => [20, 20] as const))
    const total = 4 * 3 + 5 * 6
    const scores = new Float32Array(total * 3).fill(-9)
    for (const i of [0, 1, 2]) scores[i * 3 + 1] = 3 - i
    const found = decodeFaces(new Float32Array(total * 4), scores, { width: 32, height: 32 }, anchors, 0.5)
    assert.equal(found.length, 1)
    assert.deepEqual([found[0]!.x, found[0]!.y, Math.round(found[0]!.width)], [8, 8, 20])
  })
})

function distance(a: Float32Array, b: Float32Array): number {
  return Math.hypot(...a.map((value, i) => value - b[i]!))
}

function sideBySide(a: Pixels, b: Pixels): Pixels {
  const [width, height] = [a.width + b.width, Math.max(a.height, b.height)]
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    if (y < a.height) data.set(a.data.subarray(y * a.width * 3, (y + 1) * a.width * 3), y * width * 3)
    if (y < b.height) data.set(b.data.subarray(y * b.width * 3, (y + 1) * b.width * 3), (y * width + a.width) * 3)
  }
  return { width, height, data }
}

/** Every `by`-th pixel. */
function shrunk(image: Pixels, by: number): Pixels {
  const [width, height] = [Math.floor(image.width / by), Math.floor(image.height / by)]
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3)
    return image.data[(Math.floor(pixel / width) * by * image.width + (pixel % width) * by) * 3 + (i % 3)]!
  })
  return { width, height, data }
}
