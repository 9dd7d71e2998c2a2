/** Parts under lamps that move: their light is evened out by itself, in scoring too. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createRandom } from '../../src/core/random.ts'
import { embedImages } from '../../src/features/embed.ts'
import { openBackbone } from '../../src/features/registry.ts'
import { encodeImage } from '../../src/images/encode.ts'
import type { ImageSource } from '../../src/images/source.ts'
import { createClassifier } from '../../src/pipeline/classify.ts'
import { fitImages } from '../../src/pipeline/fit.ts'
import { backboneFor } from '../../src/pipeline/model-backbone.ts'
import { type Artifact, decodeArtifact, encodeArtifact } from '../../src/store/artifact.ts'

const network = await openBackbone(undefined, { home: '/nonexistent' })
after(() => network.close())

/** Brushed metal with a rim, lit from the right and below; `moved`: from the left and above, and more. */
async function part(seed: number, moved = false): Promise<ImageSource> {
  const random = createRandom(seed)
  const side = 160
  const angle = (Math.PI / 2) * random.next() + (moved ? Math.PI : 0)
  const [strength, level] = [0.2 + 0.3 * random.next(), 0.6 + 0.2 * random.next() + (moved ? 0.3 : 0)]
  const data = new Uint8Array(side * side * 3)
  for (let y = 0; y < side; y++) {
    const brushed = 0.95 + 0.1 * random.next()
    for (let x = 0; x < side; x++) {
      const across = ((x - 80) * Math.cos(angle) + (y - 80) * Math.sin(angle)) / 80
      const rim = x < 12 || y < 12 || x >= 148 || y >= 148 ? 0.7 : 1
      const value = 130 * level * (1 + strength * across) * rim * brushed * (0.97 + 0.06 * random.next())
      data.fill(Math.max(0, Math.min(255, value)), (y * side + x) * 3, (y * side + x) * 3 + 3)
    }
  }
  return { name: `${seed}.png`, bytes: await encodeImage({ width: side, height: side, data }, 'png') }
}

const many = (count: number, from: number, moved = false) =>
  Promise.all(Array.from({ length: count }, (_, i) => part(from + i, moved)))
const parts = await many(64, 0)

async function rejectedOf(artifact: Artifact, images: readonly ImageSource[]): Promise<number> {
  const model = createClassifier(artifact, { model: 'part@1' })
  let rejected = 0
  for await (const seen of embedImages(backboneFor(artifact, network), images, { maps: model.needsMaps })) {
    if (seen.error) throw seen.error
    if (!model.score(seen).isPositive) rejected++
  }
  return rejected
}

test('is chosen by itself, makes a moved lamp harmless, and is what the model scores with', async () => {
  const [evened, asIs] = [await fitImages(parts, network), await fitImages(parts, network, { light: 'as-is' })]
  assert.equal(evened.artifact.light, 'even')
  assert.equal(evened.gallery.light, 'even')
  const { light } = evened.artifact.facts!
  assert.ok(light && light.light === 'even' && light.even >= light.asIs - 0.02)
  assert.equal(asIs.artifact.light, undefined)
  const moved = await many(24, 500, true)
  const [with_, without] = [await rejectedOf(evened.artifact, moved), await rejectedOf(asIs.artifact, moved)]
  assert.ok(with_ <= 4 && without >= 12, `${with_} of 24 rejected evened out, ${without} as they are`)
  // scoring decodes evened pixels, the fit evened what it had decoded: the same embedding
  const stored = decodeArtifact(encodeArtifact(evened.artifact))
  for await (const { embedding } of embedImages(backboneFor(stored, network), parts.slice(0, 1), { maps: true }))
    assert.deepEqual(embedding, evened.gallery.embeddings.subarray(0, stored.dim))
})

test('a version that grows keeps it, and refuses another', async () => {
  const first = await fitImages(parts.slice(0, 40), network, { light: 'even' })
  const base = { gallery: first.gallery }
  const grown = await fitImages(parts.slice(40, 44), network, { base })
  assert.equal(grown.artifact.light, 'even')
  const whole = await fitImages(parts.slice(0, 44), network, { light: 'even' })
  assert.deepEqual(encodeArtifact(grown.artifact), encodeArtifact(whole.artifact))
  await assert.rejects(fitImages(parts.slice(40, 44), network, { base, light: 'as-is' }), { code: 'INVALID_ARGUMENT' })
})

test('fewer than 60 images are taken as they are unless asked', async () => {
  assert.equal((await fitImages(parts.slice(0, 30), network, { patches: false })).artifact.light, undefined)
  const asked = await fitImages(parts.slice(0, 30), network, { patches: false, light: 'even' })
  assert.equal(asked.artifact.light, 'even')
})
