/** A fit at more than the network's own size judges whole images at both sizes and mirrored, and so does whatever scores with its model. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createRandom } from '../../src/core/random.ts'
import type { Backbone } from '../../src/features/backbone.ts'
import { meanEmbedding } from '../../src/features/detail.ts'
import { embedImages } from '../../src/features/embed.ts'
import { openBackbone } from '../../src/features/registry.ts'
import { renderPart } from '../../src/images/demo-images.ts'
import { encodeImage } from '../../src/images/encode.ts'
import type { ImageSource } from '../../src/images/source.ts'
import { fitImages } from '../../src/pipeline/fit.ts'
import { assertTakesFeatures } from '../../src/pipeline/load-model.ts'
import { backboneFor, wayOf } from '../../src/pipeline/model-backbone.ts'
import { type Artifact, decodeArtifact, encodeArtifact } from '../../src/store/artifact.ts'
import { assertGalleryOf, encodeGallery } from '../../src/store/gallery.ts'
import type { Model } from '../../src/wire/model.ts'

const network = await openBackbone(undefined, { home: '/nonexistent' })
after(() => network.close())

const parts: ImageSource[] = await Promise.all(
  Array.from({ length: 24 }, async (_, i) => ({
    name: `${i}.png`,
    bytes: await encodeImage(renderPart(createRandom(i)), 'png'),
  })),
)
const { artifact, gallery } = await fitImages(parts, network, { detail: 2, light: 'even' })

async function embeddingOf(backbone: Backbone, maps: boolean): Promise<Float32Array> {
  for await (const { embedding, error } of embedImages(backbone, parts.slice(0, 1), { maps })) {
    if (error) throw error
    return embedding
  }
  throw new Error('no image')
}
const embeddingBy = (model: Artifact, maps = true) => embeddingOf(backboneFor(model, network), maps)

test('the embedding is the mean of both sizes, in the fit as in scoring, with maps and without', async () => {
  assert.deepEqual([artifact.enlarged, gallery.enlarged], [2, 2])
  assert.deepEqual([artifact.mirrored, gallery.mirrored], [true, true])
  const kept = gallery.embeddings.subarray(0, artifact.dim)
  const stored = decodeArtifact(encodeArtifact(artifact))
  assert.deepEqual(await embeddingBy(stored), kept)
  assert.deepEqual(await embeddingBy(stored, false), kept)
  const { patches: ___, ...whole } = stored
  assert.deepEqual(await embeddingBy(whole), kept, 'a model whose places were left out')
  const { mirrored: _, ...notMirrored } = stored
  const { enlarged: __, ...before } = notMirrored
  assert.equal(new Set([stored, notMirrored, before].map((model) => wayOf('a', model))).size, 3)
  for (const other of [notMirrored, before])
    assert.throws(() => assertGalleryOf(other, encodeGallery(gallery)), { code: 'MODEL_CORRUPT' })
})

test('a model that was made before mirror images were looked at is scored without them', async () => {
  const { mirrored: _, ...before } = artifact
  const old = await embeddingBy(decodeArtifact(encodeArtifact(before)))
  const backbone = backboneFor(artifact, network)
  assert.deepEqual([backbone.target.sizes, backboneFor(before, network).target.sizes], ['both and mirrored', 'both'])
  const kept = gallery.embeddings.subarray(0, artifact.dim)
  const cosine = meanEmbedding([old]).reduce((sum, value, j) => sum + value * meanEmbedding([kept])[j]!, 0)
  assert.ok(cosine > 0.98 && cosine < 0.99999, `cosine ${cosine}`)
})

test('a model of an earlier build judges whole images at the own size of the network alone', async () => {
  const { enlarged: _, mirrored: __, ...before } = artifact
  const own = await embeddingBy({ ...before, patches: undefined } as unknown as Artifact)
  const old = await embeddingBy(decodeArtifact(encodeArtifact(before)))
  const cosine = meanEmbedding([old]).reduce((sum, value, j) => sum + value * meanEmbedding([own])[j]!, 0)
  assert.ok(cosine > 0.98 && cosine <= 1.0001, `cosine ${cosine}`) // shrunk by blocks here, by the decoder there
  assert.notDeepEqual(old, gallery.embeddings.subarray(0, artifact.dim))
})

test('a version that grows goes on in the way of its base, also of an earlier build', async () => {
  const first = await fitImages(parts.slice(0, 20), network, { detail: 2, light: 'even' })
  const grown = await fitImages(parts.slice(20), network, { base: { gallery: first.gallery } })
  assert.deepEqual(encodeArtifact(grown.artifact), encodeArtifact(artifact))
  const whole = await fitImages(parts.slice(20), network, { base: { gallery: first.gallery }, patches: false })
  assert.deepEqual([whole.artifact.enlarged, whole.artifact.patches], [2, undefined])
  await assert.rejects(fitImages(parts.slice(20), network, { base: { gallery: first.gallery }, detail: 1 }), {
    code: 'INVALID_ARGUMENT',
  })
  const without = await fitImages(parts.slice(0, 20), network, { patches: false })
  for (const detail of [2, 3] as const)
    await assert.rejects(fitImages(parts.slice(20), network, { base: { gallery: without.gallery }, detail }), {
      code: 'INVALID_ARGUMENT',
      message: /detail 1: fit from the images/,
    })
  const { mirrored: _, ...notMirrored } = first.gallery
  const larger = await fitImages(parts.slice(20), network, { base: { gallery: notMirrored } })
  assert.deepEqual([larger.artifact.enlarged, larger.artifact.mirrored], [2, undefined])
  const { enlarged: __, ...earlier } = notMirrored
  const old = await fitImages(parts.slice(20), network, { base: { gallery: earlier } })
  assert.deepEqual([old.artifact.enlarged, old.artifact.patches?.detail ?? 2], [undefined, 2])
})

test('a damaged file is refused', () => {
  for (const enlarged of [1, 3, 4, '2', null])
    assert.throws(() => decodeArtifact(encodeArtifact({ ...artifact, enlarged: enlarged as 2 })), {
      code: 'MODEL_CORRUPT',
    })
  const { enlarged: _, ...own } = artifact
  for (const damaged of [own, { ...artifact, mirrored: false as unknown as true }])
    assert.throws(() => decodeArtifact(encodeArtifact(damaged)), { code: 'MODEL_CORRUPT' })
})

test('embeddings that somebody brings are refused: they show one size', () => {
  const info = { name: 'part', version: 1 } as Model
  assert.throws(() => assertTakesFeatures({ info, artifact }), {
    code: 'MODEL_INCOMPATIBLE',
    message: /at two sizes|light evened out/,
  })
  const { light: _, enlarged: __, mirrored: ___, ...plain } = artifact
  assertTakesFeatures({ info, artifact: plain })
})
