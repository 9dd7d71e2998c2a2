/** From a model and an image to a result: well under a millisecond beside the network, synchronous, each image on its own. */
import { assertFinite, fromRows, type Matrix } from '../core/matrix.ts'
import { assertAlpha } from '../detectors/calibration.ts'
import { scoreDiscriminative } from '../detectors/discriminative.ts'
import { scoreWhitened } from '../detectors/ensemble.ts'
import { calibrate } from '../detectors/join.ts'
import { type PatchScores, type PatchState, patchScorer } from '../detectors/patches/patch-member.ts'
import type { PlaceMap } from '../detectors/patches/places.ts'
import { aboveMark, markedRegions, markedShareOf } from '../detectors/patches/regions.ts'
import { keepLengths } from '../detectors/preprocess.ts'
import { cosineSimilarities } from '../detectors/similarity.ts'
import { whiten } from '../detectors/whitening.ts'
import { OneclassError, present } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { type Embedded, type EmbedOptions, embedImages, imagesAtOnce } from '../features/embed.ts'
import type { ImageSource } from '../images/decode.ts'
import type { Original } from '../images/pixels.ts'
import type { Artifact } from '../store/artifact.ts'
import type { Heatmap, ImageResult, ImageSize, Neighbour, Region, Scored } from '../wire/result.ts'

/** What a network saw in an image. */
export interface Seen {
  readonly embedding: ArrayLike<number>
  readonly maps?: readonly PlaceMap[]
  /** Of the upright image, in pixels: what regions are told in. */
  readonly original?: Original | undefined
}

export interface Classifier {
  /** NAME@VERSION, as results carry it. */
  readonly model: string
  readonly alpha: number
  /** Scores places too: it needs the maps of images. */
  readonly needsMaps: boolean
  /**
   * @throws FEATURES_WRONG_WIDTH, FEATURES_NOT_FINITE, ALPHA_INVALID, MODEL_INCOMPATIBLE where maps are needed and missing, or no number
   * comes of it
   */
  score(seen: Seen, alpha?: number): Scored
  /** One result an image, as `score` gives it; many together take a part of the time. @throws as score */
  scoreAll(seen: readonly Seen[], alpha?: number): Scored[]
  /** Of a model that needs no maps. @throws as score */
  scoreEmbedding(embedding: ArrayLike<number>, alpha?: number): Scored
  /**
   * One result a row of X, shape (m, d).
   * @param places of each image, where the model needs maps
   * @param originals the upright images: results then have regions. @throws as score
   */
  scoreMatrix(
    X: Matrix,
    alpha?: number,
    places?: readonly Uint8Array[],
    originals?: readonly (Original | undefined)[],
  ): Scored[]
  /** How far each place lies above the mark (`regions.ts`); undefined for a model that looks at no places. @throws MODEL_INCOMPATIBLE */
  heatOf(maps: readonly PlaceMap[] | undefined, original?: Original): Heatmap | undefined
  /** The places of an image; undefined for a model that needs none. @throws MODEL_INCOMPATIBLE */
  placesOf(maps: readonly PlaceMap[] | undefined): Uint8Array | undefined
}

/** Positives named in a result. */
const neighbours = 3

export function createClassifier(
  artifact: Artifact,
  options: { readonly model: string; readonly alpha?: number },
): Classifier {
  const modelAlpha = options.alpha ?? artifact.alpha
  assertAlpha(modelAlpha)
  const { model } = options
  const patches = artifact.patches && patchScorer(artifact.patches)
  const noMaps = () =>
    new OneclassError(
      'MODEL_INCOMPATIBLE',
      `The model "${model}" looks at places of images, which embeddings do not show: score images, or fit it without patches.`,
    )

  // every number of a file may be in order, and yet what comes of them is none
  const noNumber = () =>
    new OneclassError(
      'MODEL_INCOMPATIBLE',
      `The model "${model}" gives no number for this input: it is damaged, or the input is far beyond all that it was fitted on.`,
    )

  // a score and its heat are of the same maps: what was found for the one serves the other
  const knownPlaces = new WeakMap<readonly PlaceMap[], Uint8Array>()
  const knownScores = new WeakMap<Uint8Array, PatchScores>()
  const placesOf: Classifier['placesOf'] = (maps) => {
    if (patches === undefined) return undefined
    if (!maps?.length) throw noMaps()
    const places = knownPlaces.get(maps) ?? patches.placesOf(maps)
    knownPlaces.set(maps, places)
    return places
  }
  const scorePlaces = (by: NonNullable<typeof patches>, places: Uint8Array): PatchScores => {
    const scores = knownScores.get(places) ?? by.score(places)
    knownScores.set(places, scores)
    return scores
  }

  const scoreMatrix: Classifier['scoreMatrix'] = (rows, alpha = modelAlpha, places, originals) => {
    assertAlpha(alpha)
    const X = keepLengths(rows, artifact.preprocess)
    if (X.cols !== artifact.dim) {
      throw new OneclassError(
        'FEATURES_WRONG_WIDTH',
        `The features have ${X.cols} columns, the model "${model}" expects ${artifact.dim}; use what it was fitted with.`,
      )
    }
    assertFinite(X)
    const { ensemble, positives } = artifact
    const whitened = whiten(ensemble.whitening, X)
    const { discriminative: head } = artifact
    if (patches && places?.length !== X.rows) throw noMaps()
    const ofPlaces = patches && places?.map((one) => scorePlaces(patches, one))
    const scores = scoreWhitened(ensemble, whitened, {
      ...(ofPlaces && { patches: Float64Array.from(ofPlaces, (one) => one.score) }),
      ...(head && { discriminative: scoreDiscriminative(head, X) }),
    })
    return Array.from({ length: X.rows }, (_, i) => {
      const { pValue, score, detectors } = calibrate(ensemble.calibration, scores, i, alpha)
      const similarities = cosineSimilarities(positives, ensemble.whitening, whitened, X, i)
      const nearest = nearestPositives(positives, similarities)
      const numbers = [score, pValue, ...Object.values(detectors).map((one) => one.score), nearest[0]?.similarity ?? 0]
      if (!numbers.every(Number.isFinite)) throw noNumber()
      const original = originals?.[i]
      const map = ofPlaces?.[i]?.map
      const regions = map && original && artifact.patches && regionsOf(artifact.patches, map, original)
      const scored = { model, isPositive: pValue > alpha, score, pValue, alpha, detectors, nearest }
      return regions ? { ...scored, regions, size: sizeOf(original) } : scored
    })
  }

  const scoreAll: Classifier['scoreAll'] = (seen, alpha) => {
    if (seen.length === 0) return []
    const places = patches && seen.flatMap(({ maps }) => placesOf(maps) ?? [])
    const X = fromRows(seen.map(({ embedding }) => embedding))
    const originals = seen.map(({ original }) => original)
    return scoreMatrix(X, alpha, places, originals)
  }

  const score: Classifier['score'] = (seen, alpha) => present(scoreAll([seen], alpha)[0], 'the score')

  const heatOf: Classifier['heatOf'] = (maps, original) => {
    const places = placesOf(maps)
    const { patches: state } = artifact
    if (patches === undefined || state === undefined || places === undefined) return undefined
    const { width, height, peaks } = state
    const above = aboveMark(state, scorePlaces(patches, places).map)
    return {
      width,
      height,
      values: Array.from(above, (value) => Number(value.toPrecision(4))),
      falseMarks: Math.max(markedShareOf(state), 1 / (peaks.length + 1)),
      ...(original && { image: sizeOf(original), area: original.shown }),
    }
  }

  return {
    model,
    alpha: modelAlpha,
    needsMaps: patches !== undefined,
    score,
    scoreAll,
    scoreEmbedding: (embedding, alpha) => score({ embedding }, alpha),
    scoreMatrix,
    placesOf,
    heatOf,
  }
}

function regionsOf(patches: PatchState, map: Float64Array, original: Original): Region[] {
  const { shown } = original
  // a network that pads images looks beyond their edges too
  const within = (value: number, most: number) => Math.max(0, Math.min(most, value))
  return markedRegions(patches, map).flatMap(({ left, top, right, bottom, pValue }) => {
    const x = within(Math.floor(shown.x + left * shown.width), original.width)
    const y = within(Math.floor(shown.y + top * shown.height), original.height)
    const width = within(Math.ceil(shown.x + right * shown.width), original.width) - x
    const height = within(Math.ceil(shown.y + bottom * shown.height), original.height) - y
    return width > 0 && height > 0 ? { x, y, width, height, pValue } : []
  })
}

function sizeOf({ width, height }: Original): ImageSize {
  return { width, height }
}

/** One result an image, in order; a bad image is a result with its error. @throws MODEL_INCOMPATIBLE, CANCELLED */
export async function* classifyImages(
  classifier: Classifier,
  backbone: Backbone,
  sources: readonly ImageSource[],
  options: EmbedOptions & { readonly alpha?: number } = {},
): AsyncGenerator<ImageResult, void, undefined> {
  const waiting: Embedded[] = []
  for await (const entry of embedImages(backbone, sources, { ...options, maps: classifier.needsMaps })) {
    waiting.push(entry)
    if (waiting.length < imagesAtOnce && entry.index < sources.length - 1) continue
    const scored = classifier.scoreAll(
      waiting.filter((one) => one.error === undefined),
      options.alpha,
    )
    for (const { source, error, notes } of waiting) {
      if (error) yield { image: source.name, error: error.toJSON() }
      else yield { image: source.name, ...present(scored.shift(), 'the score of an image'), ...(notes && { notes }) }
    }
    waiting.length = 0
  }
}

/** The most similar positives, best first. */
function nearestPositives({ images, rows }: Artifact['positives'], similarities: Float64Array): Neighbour[] {
  const best: { readonly i: number; readonly value: number }[] = []
  let least = Number.NEGATIVE_INFINITY // of a full list
  similarities.forEach((value, i) => {
    if (value <= least) return
    const after = best.findIndex((other) => other.value < value)
    best.splice(after < 0 ? best.length : after, 0, { i, value })
    if (best.length > neighbours) best.pop()
    if (best.length === neighbours) least = best.at(-1)?.value ?? least
  })
  return best.map(({ i, value }) => {
    const similarity = Math.max(-1, Math.min(1, value))
    return images
      ? { image: present(images[i], 'the name of a positive'), similarity, index: i }
      : { row: rows?.[i] ?? i, similarity }
  })
}
