/** Where hashes and textures tell photos from each other, and where they tell the class or the thing. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { matrix } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'
import { groupCopies } from '../../src/images/copies.ts'
import { renderPart } from '../../src/images/demo-images.ts'
import { fingerprint, prepare } from '../../src/images/fingerprint.ts'
import { findNearDuplicates, groupNearDuplicates } from '../../src/images/near-duplicates.ts'
import { hammingDistance, perceptualHash } from '../../src/images/phash.ts'
import type { Pixels } from '../../src/images/pixels.ts'
import { textureCorrelation } from '../../src/images/register.ts'

const described = (images: readonly Pixels[]) => {
  const random = createRandom(4)
  return {
    traits: images.map((image) => ({ hash: perceptualHash(image), print: fingerprint(image) })),
    X: matrix(images.length, 4, Float64Array.from({ length: 4 * images.length }, random.normal)),
  }
}
const groupsAmong = (images: readonly Pixels[]) => new Set(groupNearDuplicates(described(images))).size

/** One part in one place under one lamp, each photo with its own noise. */
function beforeFixedCamera(count: number, seed: number): Pixels[] {
  return Array.from({ length: count }, (_, i) => {
    const own = createRandom(seed + i)
    const rig = createRandom(5)
    return renderPart({ ...rig, normal: () => own.normal() })
  })
}

/** One part, its grain too, photographed `count` times with noise of so many grey levels. */
function photosOf(seed: number, noise: number, count: number): Pixels[] {
  const part = renderPart(createRandom(seed))
  return Array.from({ length: count }, (_, i) => {
    const own = createRandom(1000 * seed + i)
    return { ...part, data: part.data.map((value) => Math.max(0, Math.min(255, value + noise * own.normal()))) }
  })
}

test('before a fixed camera hashes are near and mean nothing: each photo stands alone', () => {
  const parts = beforeFixedCamera(30, 100)
  const hashes = parts.map(perceptualHash)
  const near = hashes.filter((hash) => hammingDistance(hash, hashes[0]!) <= 4).length
  assert.ok(near > 20, `the hashes of ${near} of 30 are near`)
  assert.equal(groupsAmong(parts), 30)
  assert.deepEqual(findNearDuplicates(described(parts), described(beforeFixedCamera(10, 500))), [])
  // a photo that is there twice is still found
  assert.equal(groupsAmong([...parts, parts[3]!]), 30)
})

test('photos of one thing, each taken anew, are no copies; one photo saved again and again is', () => {
  const textureOf = ([a, b]: Pixels[]) => textureCorrelation(prepare(fingerprint(a!)), prepare(fingerprint(b!)))
  const anew = photosOf(1, 5.5, 40)
  assert.ok(Math.abs(textureOf(anew) - 0.8) < 0.04, 'their textures are alike')
  assert.equal(groupsAmong(anew), 40)
  const X = matrix(
    40,
    1,
    Float64Array.from({ length: 40 }, (_, i) => i),
  )
  assert.equal(new Set(groupCopies({ prints: anew.map(fingerprint), X }, 10)).size, 40, 'by their textures alone too')
  const again = photosOf(2, 2, 40)
  assert.ok(textureOf(again) > 0.9)
  assert.ok(groupsAmong(again) < 10)
})

test('a group holds a tenth of the images or ten: of a few large groups nothing could be learnt', () => {
  const copies = photosOf(3, 2, 24)
  const others = Array.from({ length: 36 }, (_, i) => renderPart(createRandom(100 + i)))
  const groups = groupNearDuplicates(described([...copies, ...others]))
  const sizes = new Map<number, number>()
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1)
  assert.ok(Math.max(...sizes.values()) <= 10)
  assert.ok(new Set(groups.subarray(0, 24)).size <= 6)
  assert.deepEqual(
    [...groups.subarray(24)],
    Array.from(others, (_, i) => 24 + i),
  )
})
