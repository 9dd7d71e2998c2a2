import assert from 'node:assert/strict'
import test from 'node:test'
import { matrix } from '../../src/core/matrix.ts'
import { createRandom, type Random } from '../../src/core/random.ts'
import { groupCopies } from '../../src/images/copies.ts'
import { renderPart } from '../../src/images/demo-images.ts'
import { fingerprint } from '../../src/images/fingerprint.ts'
import { findNearDuplicates, groupNearDuplicates } from '../../src/images/near-duplicates.ts'
import { perceptualHash } from '../../src/images/phash.ts'
import type { Pixels } from '../../src/images/pixels.ts'

interface Change {
  readonly turn?: number
  readonly mirror?: boolean
  /** Shows this share of the picture's width, from this corner on. */
  readonly crop?: { readonly share: number; readonly x: number; readonly y: number }
  readonly gain?: number
  readonly gamma?: number
}

/** The picture turned, mirrored, cropped and relit, with new noise as a JPEG would add. */
function copyOf({ width, height, data }: Pixels, change: Change, random: Random): Pixels {
  const { turn = 0, mirror = false, crop = { share: 1, x: 0, y: 0 }, gain = 1, gamma = 1 } = change
  const out = new Uint8Array(data.length)
  const [c, s] = [Math.cos(turn), Math.sin(turn)]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const u = crop.x * width + crop.share * (mirror ? width - 1 - x : x) - width / 2
      const v = crop.y * height + crop.share * y - height / 2
      const px = Math.min(width - 1.01, Math.max(0, c * u - s * v + width / 2))
      const py = Math.min(height - 1.01, Math.max(0, s * u + c * v + height / 2))
      const [i, j] = [Math.floor(px), Math.floor(py)]
      const [fx, fy] = [px - i, py - j]
      for (let k = 0; k < 3; k++) {
        const at = (j * width + i) * 3 + k
        const value =
          (1 - fy) * ((1 - fx) * data[at]! + fx * data[at + 3]!) +
          fy * ((1 - fx) * data[at + 3 * width]! + fx * data[at + 3 * width + 3]!)
        const relit = 255 * Math.max(0, value / 255) ** gamma * gain + random.normal()
        out[(y * width + x) * 3 + k] = Math.max(0, Math.min(255, relit))
      }
    }
  }
  return { width, height, data: out }
}

const changes: Change[] = [
  {},
  { turn: 0.12, gain: 1.12 },
  { mirror: true, turn: -0.1, gain: 0.88 },
  { turn: Math.PI, mirror: true },
  { crop: { share: 0.92, x: 0.03, y: 0.05 }, gamma: 1.2 },
  { crop: { share: 0.9, x: 0.06, y: 0.01 }, mirror: true },
]

test('turned, mirrored, relit and cropped copies of a part are grouped; other parts are not', () => {
  const random = createRandom(3)
  const photos = 8
  const images: Pixels[] = []
  for (let i = 0; i < photos; i++) {
    const part = renderPart(random.fork(`part ${i}`))
    for (const change of changes) images.push(copyOf(part, change, random))
  }
  for (let i = 0; i < 16; i++) images.push(renderPart(random.fork(`single ${i}`)))
  const of = (i: number) => (i < photos * changes.length ? Math.floor(i / changes.length) : i)
  // features as a network gives them: copies are among the nearest, and not alone there
  const X = matrix(images.length, 16)
  for (let i = 0; i < images.length; i++) {
    const photo = createRandom(9).fork(of(i))
    for (let j = 0; j < 16; j++) X.data[i * 16 + j] = photo.normal() + 0.7 * random.normal()
  }
  const groups = groupCopies({ prints: images.map(fingerprint), X })
  for (let i = 0; i < groups.length; i++) assert.equal(of(groups[i]!), of(i), `image ${i} is with ${groups[i]}`)
  const found = new Set(groups.subarray(0, photos * changes.length)).size
  assert.ok(found <= 1.4 * photos, `${found} groups of ${photos} photos`)
})

test('photos of one part in one place under one lamp, each with its own noise, are no copies', () => {
  const images = Array.from({ length: 12 }, (_, i) => {
    const own = createRandom(100 + i)
    const rig = createRandom(5)
    return renderPart({ ...rig, normal: () => own.normal() })
  })
  const X = matrix(
    12,
    2,
    Float64Array.from({ length: 24 }, (_, i) => i % 5),
  )
  assert.equal(new Set(groupCopies({ prints: images.map(fingerprint), X })).size, 12)
})

test('an image without a fingerprint, or without any structure, stays alone', () => {
  const flat = { width: 20, height: 20, data: new Uint8Array(1200).fill(90) }
  const X = matrix(3, 2, Float64Array.of(1, 0, 1, 0, 1, 0))
  assert.deepEqual([...groupCopies({ prints: [fingerprint(flat), undefined, fingerprint(flat)], X })], [0, 1, 2])
})

test('what is a near-duplicate within a fit is one between training and test too, mirrored photos included', () => {
  const random = createRandom(11)
  const train = Array.from({ length: 8 }, (_, i) => renderPart(random.fork(`train ${i}`)))
  const test = [
    train[2]!,
    copyOf(train[5]!, { mirror: true, gain: 0.9 }, random),
    renderPart(random.fork('new')),
    copyOf(train[6]!, { crop: { share: 0.92, x: 0.03, y: 0.05 } }, random),
  ]
  const described = (images: readonly Pixels[]) => ({
    traits: images.map((image) => ({ hash: perceptualHash(image), print: fingerprint(image) })),
    X: matrix(images.length, 4, Float64Array.from({ length: 4 * images.length }, random.next)),
  })
  const found = findNearDuplicates(described(train), described(test))
  assert.deepEqual(
    found.map(({ test: i, train: j }) => [i, j]),
    [
      [0, 2],
      [1, 5],
      [3, 6],
    ],
  )
  assert.equal(found[0]!.bits, 0)
  assert.ok(found[1]!.bits > 4, 'a mirrored photo has another hash')
  const together = groupNearDuplicates(described([...train, ...test]))
  assert.deepEqual([...together.subarray(train.length)], [2, 5, train.length + 2, 6])
})
