/**
 * The same question as `isolation.ts` of places: does a detector that isolates find defects among the places of good images? Each kind is
 * fitted on 2,000 places drawn from all good images, wherever they lie, and its map goes the way of the served member's map: averaged
 * over neighbours, each place in its own unit, the mean of the highest places.
 *
 *   node dist/bench/isolation-places.js SET... (folders with train/positive and train/negative) [--detail 1]
 */
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Matrix, matrix } from '../src/core/matrix.ts'
import { createRandom, sample } from '../src/core/random.ts'
import { crossFitRounds, drawFolds } from '../src/detectors/held-out.ts'
import { oneClassSvm } from '../src/detectors/one-class-svm.ts'
import { fitPatches, patchScorer } from '../src/detectors/patches/patch-member.ts'
import { inUnits, smoothSquares, unitsOf } from '../src/detectors/patches/place-maps.ts'
import { middle } from '../src/detectors/patches/places.ts'
import { applySymmetricWhitening, fitWhitening } from '../src/detectors/whitening.ts'
import { auroc } from '../src/evaluation/metrics.ts'
import { atDetail } from '../src/features/detail.ts'
import { embedImages } from '../src/features/embed.ts'
import { openBackbone } from '../src/features/registry.ts'
import { collectImages } from '../src/images/collect.ts'
import { axesOf, type PlaceSetup, placeSetup } from '../src/pipeline/patches.ts'
import type { Detail } from '../src/wire/fit-choices.ts'
import { distances, kinds } from './isolation-kinds.ts'
import { markdownTable, share } from './material.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { detail: { type: 'string', default: '1' } },
})
const detail = Number(values.detail) as Detail
const placesDrawn = 2000
/** Images that are judged at once: distances to all drawn places are held of so many. */
const imagesAtOnce = 10

const backbone = await openBackbone(undefined, { home: '/nowhere' })
const setup = placeSetup(backbone, detail, await axesOf(backbone, undefined))
const columns: { readonly set: string; readonly areas: ReadonlyMap<string, number> }[] = []
for (const set of positionals) columns.push({ set: basename(set), areas: await solve(set) })
await backbone.close()
console.log(
  markdownTable(
    ['places judged by', ...columns.map(({ set }) => set)],
    [...columns[0]!.areas.keys()].map((kind) => [kind, ...columns.map(({ areas }) => share(areas.get(kind)!))]),
  ),
)

/** AUROC of good images that were held out (a third, the last in the order of names) against train/negative. */
async function solve(set: string): Promise<Map<string, number>> {
  const positive = await placesOf(join(set, 'train/positive'), setup)
  const bad = await placesOf(join(set, 'train/negative'), setup)
  const cut = Math.round((positive.length * 2) / 3)
  const [fit, judged] = [positive.slice(0, cut), [...positive.slice(cut), ...bad]]
  const isGood = Uint8Array.from(judged, (_, i) => Number(i < positive.length - cut))
  const areas = new Map<string, number>()
  const tell = (kind: string, scores: Float64Array) => {
    areas.set(kind, auroc(scores, isGood))
    process.stderr.write(`${basename(set)}: ${kind} ${share(areas.get(kind)!)}\n`)
  }

  const folds = drawFolds(cut, 8, createRandom(1))
  const rounds = crossFitRounds(
    folds,
    Int32Array.from({ length: cut }, (_, i) => i),
  )
  const served = patchScorer(fitPatches(fit, setup, rounds, (peaks) => [...peaks.keys()]).state)
  tell(
    'Gaussians of places (served)',
    Float64Array.from(judged, (image) => served.score(image).score),
  )

  const random = createRandom(1)
  const all = fit.length * setup.height * setup.width
  const drawn = vectors(fit, [...sample(all, placesDrawn, random)])
  const whitening = fitWhitening(drawn)
  const own = applySymmetricWhitening(whitening, drawn)
  const whitened = (images: readonly Uint8Array[]) => applySymmetricWhitening(whitening, vectors(images))
  for (const [name, kind] of Object.entries(kinds)) {
    const within = distances(own, own)
    const mapsOf = (images: readonly Uint8Array[]) =>
      inChunks(images, (some) => {
        const rows = whitened(some)
        return kind({ fit: own, judged: rows, within, across: distances(rows, own) }, createRandom(1).fork(name))
      })
    tell(name, peaksOf(mapsOf(fit), mapsOf(judged)))
  }
  const svm = await oneClassSvm.fit(drawn, { ...oneClassSvm.defaults, nu: 0.1 }, random)
  const bySvm = (images: readonly Uint8Array[]) => inChunks(images, (some) => oneClassSvm.score(svm, vectors(some)))
  tell('one-class SVM', peaksOf(bySvm(fit), bySvm(judged)))
  return areas
}

async function placesOf(folder: string, { placesOf: toPlaces }: PlaceSetup): Promise<Uint8Array[]> {
  const found: Uint8Array[] = []
  for await (const { maps, error } of embedImages(atDetail(backbone, detail, undefined), await collectImages(folder), {
    maps: true,
  }))
    if (!error) found.push(toPlaces(maps))
  return found
}

/** Places as rows, of all images or only those at `wanted`. */
function vectors(images: readonly Uint8Array[], wanted?: readonly number[]): Matrix {
  const { count, steps } = setup.axes
  const size = setup.height * setup.width
  const rows = wanted ?? Array.from({ length: images.length * size }, (_, at) => at)
  const out = matrix(rows.length, count)
  rows.forEach((at, r) => {
    const from = (at % size) * count
    const image = images[Math.floor(at / size)]!
    for (let k = 0; k < count; k++) out.data[r * count + k] = (image[from + k]! - middle) * steps[k]!
  })
  return out
}

/** A map an image. */
function inChunks(images: readonly Uint8Array[], score: (some: readonly Uint8Array[]) => Float64Array): Float64Array[] {
  const size = setup.height * setup.width
  const maps: Float64Array[] = []
  for (let from = 0; from < images.length; from += imagesAtOnce) {
    const scores = score(images.slice(from, from + imagesAtOnce))
    for (let at = 0; at < scores.length; at += size) maps.push(scores.slice(at, at + size))
  }
  return maps
}

/** Mean of each judged map's highest places, in units of the maps of the fit. */
function peaksOf(fit: readonly Float64Array[], judged: readonly Float64Array[]): Float64Array {
  const least = fit.reduce((low, map) => Math.min(low, ...map), Number.POSITIVE_INFINITY)
  const smooth = (map: Float64Array) =>
    smoothSquares(
      map.map((score) => Math.sqrt(Math.max(0, score - least))),
      setup,
    )
  const units = unitsOf(fit.map(smooth), setup.height * setup.width).all
  const highest = 4 * detail * detail
  return Float64Array.from(judged, (map) => {
    const sorted = inUnits(smooth(map), units).sort()
    return sorted.subarray(sorted.length - highest).reduce((sum, value) => sum + value, 0) / highest
  })
}
