/** What is kept of the positives: a next version from it is the model that all images together would have made. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import sharp from 'sharp'
import { createRandom } from '../../src/core/random.ts'
import { openBackbone } from '../../src/features/registry.ts'
import type { ImageSource } from '../../src/images/decode.ts'
import { growthOf } from '../../src/pipeline/base-version.ts'
import { fitImages } from '../../src/pipeline/fit.ts'
import { encodeArtifact } from '../../src/store/artifact.ts'
import { decodeGallery, encodeGallery, type Gallery, thumbnailOf } from '../../src/store/gallery.ts'

const backbone = await openBackbone(undefined, { home: '/nonexistent' })
after(() => backbone.close())

/** A disc on noise, 200 x 120; the odd one is a blue square. */
async function draw(seed: number, odd = false): Promise<ImageSource> {
  const random = createRandom(seed)
  const [x, y, r] = [60 + random.int(80), 40 + random.int(40), 20 + random.int(12)]
  const shape = odd
    ? `<rect x="0" y="0" width="140" height="90" fill="rgb(20,20,230)"/>`
    : `<circle cx="${x}" cy="${y}" r="${r}" fill="rgb(200,${60 + random.int(40)},40)"/>`
  const noise = Buffer.from(Uint8Array.from({ length: 200 * 120 * 3 }, () => 100 + random.int(60)))
  const svg = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="200" height="120">${shape}</svg>`)
  const bytes = await sharp(noise, { raw: { width: 200, height: 120, channels: 3 } })
    .composite([{ input: svg }])
    .jpeg()
    .toBuffer()
  return { name: `${odd ? 'odd' : 'disc'}-${seed}.jpg`, bytes }
}

const discs = await Promise.all(Array.from({ length: 30 }, (_, i) => draw(i)))
const odd = await draw(99, true)
const twin = { ...discs[4]!, name: 'twin.jpg' }
const broken = { name: 'broken.jpg', bytes: Buffer.from('no image') }
const keep = { seed: 5, thumbnails: true, detail: 1 } as const
const stored = (gallery: Gallery) => decodeGallery(encodeGallery(gallery))

const first = await fitImages([...discs.slice(0, 20), odd, twin, broken], backbone, keep)

test('the gallery names, hashes and pictures what the model was fitted on, and says which do not fit', async () => {
  const { gallery } = first
  assert.deepEqual(gallery.images, first.artifact.positives.images)
  assert.equal(gallery.leaders[21], 4)
  assert.equal(gallery.leaders[20], 20)
  assert.deepEqual(
    gallery.rejected.map(({ image, error }) => [image, error.code]),
    [['broken.jpg', 'IMAGE_UNREADABLE']],
  )
  assert.equal(gallery.heldOut.indexOf(Math.max(...gallery.heldOut)), 20)
  // of near-duplicates as many count as they are worth
  const counted = first.artifact.ensemble.calibration.heldOut.ensemble
  assert.ok(counted.length <= gallery.heldOut.length && counted.every((score) => gallery.heldOut.includes(score)))
  const { format, width, height } = await sharp(thumbnailOf(gallery, 3)).metadata()
  assert.deepEqual([format, width, height], ['webp', 160, 96])
  assert.equal(thumbnailOf(gallery, 22), undefined)
})

test('positives of the earlier version that are left out, by index, name or as misfits, are counted as such', async () => {
  const gallery = stored(first.gallery)
  const grow = async (options: Parameters<typeof fitImages>[2], index: number[] = []) => {
    const base = { gallery, exclude: index }
    const fitted = await fitImages(discs.slice(22, 23), backbone, { ...keep, ...options, base })
    const { kept, added, excluded } = growthOf('disc@1', { gallery }, fitted)
    return [kept, added, excluded, fitted.excluded]
  }
  assert.deepEqual(await grow({ exclude: ['disc-1.jpg', 'disc-2.jpg'] }, [0]), [
    19,
    1,
    3,
    ['disc-1.jpg', 'disc-2.jpg', 'disc-0.jpg'],
  ])
  // by its number and by its name
  assert.deepEqual(await grow({ exclude: ['disc-1.jpg'] }, [1, 2]), [20, 1, 2, ['disc-1.jpg', 'disc-2.jpg']])
  assert.deepEqual(await grow({ exclude: 'misfits' }), [21, 1, 1, ['odd-99.jpg']])
})

test('negatives of which none can be read are refused: the model would not be the one that was asked for', async () => {
  const fit = (negatives: ImageSource[]) => fitImages(discs.slice(0, 20), backbone, { ...keep, negatives })
  await assert.rejects(fit([broken]), {
    code: 'TOO_FEW_IMAGES',
    message: new RegExp(`^The negative cannot be read \\(${broken.name}: .*Give others, or fit without negatives`),
  })
  const { artifact, rejected } = await fit([broken, odd])
  assert.deepEqual([artifact.facts?.negatives?.pValues.length, rejected.map(({ image }) => image)], [1, [broken.name]])
})

test('small pictures that come late stand with their own images, and the network does not wait for each', async () => {
  // that of the fourth image is made when the network has seen sixteen
  let tell = () => {}
  const sixteenSeen = new Promise<void>((resolve) => {
    tell = resolve
  })
  const thumbnails = async ({ name }: ImageSource) => {
    if (name === 'disc-3.jpg') await sixteenSeen
    return Buffer.from(name)
  }
  const onProgress = (done: number, _total: number, stage: string) => {
    if (stage === 'images' && done === 16) tell()
  }
  const { gallery } = await fitImages([broken, ...discs.slice(0, 20)], backbone, { ...keep, thumbnails, onProgress })
  for (const [row, image] of gallery.images.entries())
    assert.equal(Buffer.from(thumbnailOf(gallery, row)!).toString(), image)
})

test('stored and read back it is the same', () => {
  const back = stored(first.gallery)
  assert.deepEqual(JSON.parse(JSON.stringify(back)), JSON.parse(JSON.stringify(first.gallery)))
})

test('a version based on an earlier one is, to the last byte, the fit on all images in that order', async () => {
  const base = { gallery: stored(first.gallery), exclude: [20, 2] }
  const next = await fitImages(discs.slice(20), backbone, { ...keep, base })
  const without = [...discs.slice(0, 20), odd, twin].filter((_, i) => i !== 20 && i !== 2)
  const whole = await fitImages([...without, ...discs.slice(20)], backbone, keep)
  assert.equal(next.used, 30)
  assert.deepEqual(next.duplicates, whole.duplicates)
  assert.ok(Buffer.from(encodeArtifact(next.artifact)).equals(encodeArtifact(whole.artifact)))
  assert.ok(Buffer.from(encodeGallery(next.gallery)).equals(encodeGallery(whole.gallery)))
})

test('a version without new images: misfits left out', async () => {
  const next = await fitImages([], backbone, { ...keep, base: { gallery: stored(first.gallery), exclude: [20] } })
  const whole = await fitImages([...discs.slice(0, 20), twin], backbone, keep)
  assert.ok(Buffer.from(encodeArtifact(next.artifact)).equals(encodeArtifact(whole.artifact)))
})

test('indices that are not there, another backbone, too few left', async () => {
  const gallery = stored(first.gallery)
  for (const exclude of [[22], [-1], [1.5]])
    await assert.rejects(fitImages([], backbone, { base: { gallery, exclude } }), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(
    fitImages([], backbone, { base: { gallery: { ...gallery, backbone: { id: 'x', hash: 'y' } } } }),
    { code: 'BACKBONE_MISMATCH' },
  )
  await assert.rejects(fitImages([], backbone, { base: { gallery, exclude: discs.slice(0, 20).map((_, i) => i) } }), {
    code: 'TOO_FEW_IMAGES',
  })
})

test('a gallery that does not fit together is refused', () => {
  const { gallery } = first
  for (const wrong of [
    { ...gallery, dim: gallery.dim + 1 },
    { ...gallery, images: gallery.images.slice(1) },
    { ...gallery, embeddings: gallery.embeddings.map(() => Number.NaN) },
    { ...gallery, leaders: gallery.leaders.map((_, i) => i + 1) },
    { ...gallery, thumbnails: { ...gallery.thumbnails, ends: gallery.thumbnails.ends.toReversed() } },
    { ...gallery, rejected: [{ image: 'x', error: { code: 'NONE' as 'INTERNAL', message: '' } }] },
  ])
    assert.throws(() => decodeGallery(encodeGallery(wrong)), { code: 'MODEL_CORRUPT' })
})
