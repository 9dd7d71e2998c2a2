/** The member of places: it joins where drawn defects are found better with it, and everything that scores goes through it. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { matrix } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'
import { OneclassError } from '../../src/errors.ts'
import type { Backbone } from '../../src/features/backbone.ts'
import { openBackbone } from '../../src/features/registry.ts'
import type { ImageSource } from '../../src/images/decode.ts'
import { encodeImage } from '../../src/images/encode.ts'
import type { Pixels } from '../../src/images/pixels.ts'
import { drawDefect } from '../../src/images/simulated-defects.ts'
import { classifyImages, createClassifier } from '../../src/pipeline/classify.ts'
import { takeFirstLook } from '../../src/pipeline/first-look.ts'
import { fitImages } from '../../src/pipeline/fit.ts'
import { tryReference } from '../../src/pipeline/fit-report.ts'
import { backboneFor } from '../../src/pipeline/model-backbone.ts'
import { axesOf } from '../../src/pipeline/patches.ts'
import { decodeArtifact, encodeArtifact } from '../../src/store/artifact.ts'
import { decodeGallery, encodeGallery } from '../../src/store/gallery.ts'

const network = await openBackbone(undefined, { home: '/nonexistent', threads: 1 })
after(() => network.close())

/** A plate with a hole and two marks at nearly the same place, on grain that differs, under light that varies. */
function plate(seed: number): Pixels {
  const random = createRandom(seed)
  const side = 160
  const light = 0.85 + 0.3 * random.next()
  const [cx, cy, r] = [76 + random.int(9), 66 + random.int(9), 22 + random.int(9)]
  const [slopeX, slopeY] = [random.next() - 0.5, random.next() - 0.5]
  const data = new Uint8Array(side * side * 3)
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const hole = (x - cx) ** 2 + (y - cy) ** 2 < r ** 2
      const mark = Math.abs(y - cy - 56) < 4 && (Math.abs(x - cx + 30) < 14 || Math.abs(x - cx - 30) < 14)
      const base = (hole ? 40 : mark ? 190 : 130) + 0.6 * (slopeX * (x - 80) + slopeY * (y - 80))
      const value = Math.max(0, Math.min(255, light * base + random.int(14)))
      data.fill(value, (y * side + x) * 3, (y * side + x) * 3 + 3)
    }
  }
  return { width: side, height: side, data }
}

/** The network with maps that show nothing. */
const blind: Backbone = {
  ...{ id: network.id, hash: network.hash, dim: network.dim, target: network.target, maps: network.maps! },
  embed: (images) => network.embed(images),
  look: async (images, maps) =>
    (await network.look!(images, maps)).map((seen) => {
      if (seen instanceof OneclassError) return seen
      return { ...seen, maps: seen.maps.map((map) => ({ ...map, data: map.data.map(() => 1) })) }
    }),
  close: async () => {},
}

async function file(name: string, pixels: Pixels): Promise<ImageSource> {
  return { name, bytes: await encodeImage(pixels, 'png') }
}

const plates = await Promise.all(Array.from({ length: 32 }, (_, i) => file(`${i}.png`, plate(i))))
const fitted = await fitImages(plates, network, { detail: 1 })
const { artifact } = fitted

async function scoresOf(model: typeof artifact, sources: readonly ImageSource[]) {
  const results = []
  const backbone = backboneFor(model, network)
  for await (const result of classifyImages(createClassifier(model, { model: 'plate@1' }), backbone, sources)) {
    if ('error' in result) throw new Error(result.error.message)
    results.push(result)
  }
  return results
}

describe('a fit that looks at places', () => {
  it('joins them with a weight that drawn defects speak for, and gives the same bytes twice', async () => {
    const { places } = artifact.facts!
    assert.ok(places && places.weight > 0 && places.with > places.without)
    assert.ok(artifact.ensemble.calibration.weight?.patches)
    const again = await fitImages(plates, network, { detail: 1 })
    assert.deepEqual(encodeArtifact(again.artifact), encodeArtifact(artifact))
    assert.deepEqual(encodeGallery(again.gallery), encodeGallery(fitted.gallery))
  })

  it('says what places say, and finds defects better than without', async () => {
    const random = createRandom(7)
    const defects = await Promise.all(
      Array.from({ length: 20 }, (_, i) => file(`bad ${i}.png`, drawDefect(plate(200 + i), random.fork(i)))),
    )
    const [whole, without] = [await scoresOf(artifact, defects), await fitImages(plates, network, { patches: false })]
    assert.equal(without.artifact.patches, undefined)
    const plain = await scoresOf(without.artifact, defects)
    const found = (results: typeof plain) => results.reduce((sum, { pValue }) => sum + pValue, 0) / results.length
    assert.ok(whole.every(({ detectors }) => detectors.patches && detectors.patches.pValue <= 1))
    assert.ok(plain.every(({ detectors }) => !('patches' in detectors)))
    assert.ok(found(whole) < found(plain), `mean p ${found(whole)} with places, ${found(plain)} without`)
  })

  it('marks where a defect is, in pixels of the upright image, and leaves good images calm', async () => {
    const bad = plate(300)
    for (let y = 100; y < 116; y++)
      for (let x = 20; x < 36; x++) bad.data.fill((x + y) % 4 < 2 ? 255 : 0, (y * 160 + x) * 3, (y * 160 + x) * 3 + 3)
    const [result] = await scoresOf(artifact, [await file('bad.png', bad)])
    const [region] = result!.regions!
    assert.ok(region && region.pValue <= artifact.patches!.markedShare!)
    assert.ok(region.x <= 28 && region.x + region.width >= 28 && region.y <= 108 && region.y + region.height >= 108)
    const good = await Promise.all(Array.from({ length: 12 }, (_, i) => file(`good ${i}.png`, plate(400 + i))))
    const marked = (await scoresOf(artifact, good)).filter(({ regions }) => regions!.length > 0)
    assert.ok(marked.length <= 3, `${marked.length} of 12 good images show a mark`)
  })

  it('scores alike after saving', async () => {
    const stored = decodeArtifact(encodeArtifact(artifact))
    const some = plates.slice(0, 3)
    assert.deepEqual(await scoresOf(stored, some), await scoresOf(artifact, some))
  })

  it('grows without the originals to the same bytes', async () => {
    const part = await fitImages(plates.slice(0, 24), network, { detail: 1 })
    assert.ok(part.artifact.patches)
    const base = { gallery: decodeGallery(encodeGallery(part.gallery)) }
    const grown = await fitImages(plates.slice(24), network, { base })
    assert.deepEqual(encodeArtifact(grown.artifact), encodeArtifact(artifact))
    await assert.rejects(fitImages(plates.slice(24), network, { base, detail: 2 }), { code: 'INVALID_ARGUMENT' })
  })

  it('grows alike after a first look: the same images have drawn defects as in a fit on all of them', async () => {
    const more = await Promise.all(Array.from({ length: 78 }, (_, i) => file(`grown ${i}.png`, plate(500 + i))))
    const first = await fitImages(more.slice(0, 62), network)
    const base = { gallery: decodeGallery(encodeGallery(first.gallery)) }
    const grown = await fitImages(more.slice(62), network, { base })
    const all = await fitImages(more, network)
    const drawnOn = ({ gallery }: typeof all) => gallery.places?.defects.rows
    assert.deepEqual(drawnOn(grown), drawnOn(all))
    assert.deepEqual(grown.artifact.ensemble, all.artifact.ensemble)
  })

  it('needs images: embeddings alone are refused with a way out', () => {
    const X = matrix(1, artifact.dim, Float64Array.from(fitted.gallery.embeddings.subarray(0, artifact.dim)))
    assert.throws(() => createClassifier(artifact, { model: 'plate@1' }).scoreMatrix(X), {
      code: 'MODEL_INCOMPATIBLE',
      message: /without patches/,
    })
  })

  it('does not look closer by itself at images that have no more pixels than the network takes', async () => {
    let widest = 0
    const watched: Backbone = {
      ...blind,
      look: async (images, maps) => {
        widest = Math.max(widest, ...images.map(({ width }) => width))
        return await network.look!(images, maps)
      },
    }
    const more = await Promise.all(Array.from({ length: 32 }, (_, i) => file(`more ${i}.png`, plate(100 + i))))
    const asked = { detail: 'auto', light: 'auto', patches: true } as const
    const axes = await axesOf(network, undefined)
    const { detail } = await takeFirstLook([...plates, ...more], watched, axes, asked, { range: undefined })
    assert.deepEqual([detail ?? 'whole images only', widest], ['whole images only', 160])
  })

  it('looks at the drawn images once, for the axes and for the report', async () => {
    let looks = 0
    const watched: Backbone = {
      ...blind,
      look: async (images, maps) => {
        looks++
        return await network.look!(images, maps)
      },
    }
    await axesOf(watched, undefined)
    const before = looks
    assert.ok(await tryReference(watched, () => 1, undefined))
    assert.deepEqual([before > 0, looks], [true, before])
  })

  it('looks closer with a larger detail', async () => {
    const closer = await fitImages(plates.slice(0, 16), network, { detail: 2 })
    assert.equal(closer.artifact.patches?.detail, 2)
    assert.equal(closer.artifact.patches?.width, 2 * artifact.patches!.width)
    assert.equal(closer.artifact.patches?.highest, 4 * artifact.patches!.highest!)
    const [result] = await scoresOf(closer.artifact, plates.slice(0, 1))
    assert.ok(result!.detectors.patches)
  })
})

describe('a fit that may choose', () => {
  it('looks at some images first, and where places tell nothing makes what a fit without them makes', async () => {
    const more = await Promise.all(Array.from({ length: 28 }, (_, i) => file(`more ${i}.png`, plate(500 + i))))
    const many = [...plates, ...more]
    const stages: number[] = []
    const onProgress = (done: number, _total: number, stage: string) => void (stage === 'images' && stages.push(done))
    const notices: string[] = []
    const onNotice = (sentence: string) => void notices.push(sentence)
    const chosen = await fitImages(many, blind, { onProgress, onNotice })
    const without = await fitImages(many, blind, { patches: false })
    const { places, ...facts } = chosen.artifact.facts!
    assert.deepEqual([places?.weight, notices], [0, []])
    const artifact = { ...chosen.artifact, facts }
    assert.equal(Buffer.compare(encodeArtifact(artifact), encodeArtifact(without.artifact)), 0)
    assert.equal(Buffer.compare(encodeGallery(chosen.gallery), encodeGallery(without.gallery)), 0)
    assert.deepEqual(
      stages,
      Array.from({ length: 60 }, (_, i) => i + 1),
    )
  })
})

describe('a model of an earlier build', () => {
  it('averages distances with their neighbours where it was fitted so', async () => {
    assert.equal(artifact.patches!.smoothed, undefined)
    const smooth = { ...artifact, patches: { ...artifact.patches!, smoothed: true } }
    const [before] = await scoresOf(decodeArtifact(encodeArtifact(smooth)), plates.slice(0, 1))
    const [now] = await scoresOf(artifact, plates.slice(0, 1))
    assert.ok(before!.detectors.patches!.score !== now!.detectors.patches!.score)
  })

  it('knows no modes and takes 1 % of the places', async () => {
    const { modes, highest, markedShare, ...patches } = artifact.patches!
    assert.ok(modes && highest === 2 && markedShare)
    const [now] = await scoresOf(artifact, plates.slice(0, 1))
    const [before] = await scoresOf(decodeArtifact(encodeArtifact({ ...artifact, patches })), plates.slice(0, 1))
    assert.ok(before!.detectors.patches!.score !== now!.detectors.patches!.score)
  })

  it('has a covariance for each place', async () => {
    const { block, ...patches } = artifact.patches!
    assert.equal(block, 1)
    const old = { ...artifact, patches }
    const some = plates.slice(0, 2)
    assert.deepEqual(await scoresOf(decodeArtifact(encodeArtifact(old)), some), await scoresOf(artifact, some))
  })
})

describe('a damaged model file', () => {
  it('is refused where its places do not fit', () => {
    const patches = artifact.patches!
    const wrong = [
      { ...patches, width: 17 },
      { ...patches, detail: 4 as 3 },
      { ...patches, deviation: patches.deviation.map(() => 0) },
      { ...patches, peaks: patches.peaks.toReversed() },
      { ...patches, highest: 0 },
      { ...patches, smoothed: 1 as unknown as boolean },
      { ...patches, markedShare: Number.NaN },
      { ...patches, modes: { ...patches.modes!, levels: patches.modes!.levels.slice(1) } },
      { ...patches, gaussians: { ...patches.gaussians, factors: patches.gaussians.factors.fill(Number.NaN, 0, 1) } },
    ]
    for (const one of wrong) {
      assert.throws(() => decodeArtifact(encodeArtifact({ ...artifact, patches: one })), { code: 'MODEL_CORRUPT' })
    }
  })
})
