/**
 * Is it a model? A hash only says that bytes are as their maker left them, and the maker may be an attacker: before a state is used,
 * every size must fit every other, every number be finite, and every tree end.
 */
import { Value } from 'typebox/value'
import { allFinite } from '../core/matrix.ts'
import { type Panels, panelLength } from '../core/panels.ts'
import type { IsolationTreesState } from '../detectors/isolation-trees.ts'
import { type Calibration, extraKeys, type MemberKey, membersOf, pooledKeys } from '../detectors/join.ts'
import { Preprocess } from '../wire/preprocess.ts'
import type { Artifact } from './artifact.ts'
import { checkPatches } from './check-patches.ts'
import { checkSizes } from './check-sizes.ts'
import { checkFitFacts } from './fit-facts.ts'
import { isText } from './plain-data.ts'

/** What scoring an image or looking at a model may cost: sizes that a fit never comes near. */
const most = { positives: 1_000_000, trees: 20_000, depth: 64, heldOut: 200_000, supportVectors: 200_000 } as const

/** @throws RangeError or TypeError naming what does not fit */
export function checkArtifact(value: unknown): Artifact {
  const artifact = value as Artifact
  const { dim, n, ensemble, positives, backbone } = artifact
  count('dim', dim)
  count('n', n, most.positives)
  if (!(artifact.alpha > 0 && artifact.alpha < 1)) throw new RangeError('alpha is not between 0 and 1')
  if (!Number.isFinite(artifact.seed)) throw new RangeError('the seed is not a number')
  if (artifact.range !== undefined) range(artifact.range)
  if (artifact.light !== undefined && artifact.light !== 'even') throw new RangeError('the light is wrong')
  checkSizes(artifact, artifact.patches?.detail)
  if (artifact.preprocess !== undefined && !Value.Check(Preprocess, artifact.preprocess))
    throw new TypeError('the preprocessing is wrong')
  if (backbone !== null && !(isText(backbone.id) && isText(backbone.hash)))
    throw new TypeError('the backbone is not named')

  const { whitening, isolationForest, oneClassSvm, calibration } = ensemble
  const rank = whitening.axes.rows
  vector('mean', whitening.mean, dim)
  panels('axes', whitening.axes, rank, dim)
  vector('scales', whitening.scales, rank)
  if (whitening.dim !== dim || !Number.isFinite(whitening.residualScale)) throw new RangeError('the whitening is wrong')
  trees(isolationForest, dim)
  count('support vectors', oneClassSvm.vectors.rows, most.supportVectors)
  panels('support vectors', oneClassSvm.vectors, oneClassSvm.vectors.rows, rank + 1)
  vector('lengths', oneClassSvm.squaredLengths, oneClassSvm.vectors.rows)
  vector('coefficients', oneClassSvm.coefficients, oneClassSvm.vectors.rows)
  if (!(oneClassSvm.gamma > 0 && oneClassSvm.rho > 0)) throw new RangeError('the kernel is wrong')

  const { patches, discriminative } = artifact
  if (patches !== undefined) checkPatches(patches)
  if (discriminative !== undefined) {
    vector('weights of the head', discriminative.weights, dim)
    if (!Number.isFinite(discriminative.offset)) throw new RangeError('the head is wrong')
    count('negatives', discriminative.negatives)
  }
  const extra = extraKeys.filter((key) => artifact[key] !== undefined)
  checkCalibration(calibration, [...pooledKeys, ...extra])
  if (artifact.facts !== undefined) checkFitFacts(artifact.facts, n)
  const { images, rows, principal, embeddings } = positives
  if (principal !== null) panels('positives', principal, n, rank + 1)
  else if (!(embeddings instanceof Float32Array && embeddings.length === n * dim && allFinite(embeddings))) {
    throw new RangeError('the positives do not have n x dim numbers')
  }
  if (images !== null && !(Array.isArray(images) && images.length === n && images.every(isText))) {
    throw new RangeError('the names of the positives are wrong')
  }
  if (rows !== undefined && !(rows instanceof Int32Array && rows.length === n && rows.every((row) => row >= 0)))
    throw new RangeError('the numbers of the rows are wrong')
  return artifact
}

/**
 * Every member has its held-out scores, its unit and, where there are weights, its weight; all have as many scores.
 * @param keys the members that the model has a state of
 */
function checkCalibration({ heldOut, unit, weight }: Calibration, keys: readonly MemberKey[]): void {
  if ([heldOut, unit, weight ?? unit].some((values) => String(membersOf(values)) !== String(keys))) {
    throw new RangeError('the members of the calibration are not those of the model')
  }
  for (const key of [...keys, 'ensemble'] as const) {
    const scores = heldOut[key]!
    count('held-out scores', scores.length, most.heldOut)
    vector(`held-out scores of ${key}`, scores, heldOut.ensemble.length)
    if (scores.some((s, i) => i > 0 && s < scores[i - 1]!)) {
      throw new RangeError(`the held-out scores of ${key} are not in order`)
    }
  }
  for (const key of keys) {
    const { median, spread } = unit[key]!
    if (!Number.isFinite(median) || !(spread > 0)) throw new RangeError(`the unit of ${key} is wrong`)
    if (weight !== undefined && !(weight[key]! > 0 && Number.isFinite(weight[key])))
      throw new RangeError(`the weight of ${key} is wrong`)
  }
}

function trees(state: IsolationTreesState, dim: number): void {
  const { roots, feature, child, threshold, subsample, rotatedFrom = 0 } = state
  count('subsample', subsample)
  if (!(roots instanceof Int32Array && feature instanceof Int32Array && child instanceof Int32Array)) {
    throw new TypeError('the trees are not arrays of integers')
  }
  const nodes = feature.length
  if (
    !(threshold instanceof Float32Array) ||
    child.length !== nodes ||
    threshold.length !== nodes ||
    roots.length === 0
  ) {
    throw new RangeError('the trees have uneven arrays')
  }
  if (roots.length > most.trees) throw new RangeError(`there are more than ${most.trees} trees`)
  if (roots.some((root) => root < 0 || root >= nodes)) throw new RangeError('a tree has no root')
  const depth = new Uint8Array(nodes)
  for (let i = 0; i < nodes; i++) {
    const column = feature[i]!
    if (!Number.isFinite(threshold[i]!) || column >= dim) throw new RangeError('a tree cuts nowhere')
    // children come after their parent, so every walk ends
    if (column >= 0 && (child[i]! <= i || child[i]! + 1 >= nodes)) throw new RangeError('a tree does not end')
    if (column < 0) continue
    if (depth[i]! >= most.depth) throw new RangeError(`a tree is more than ${most.depth} deep`)
    for (const next of [child[i]!, child[i]! + 1]) depth[next] = Math.max(depth[next]!, depth[i]! + 1)
  }
  if (!Number.isSafeInteger(rotatedFrom) || rotatedFrom < 0 || rotatedFrom > roots.length)
    throw new RangeError('the rotated trees are not among the trees')
}

function range({ low, high, samples }: NonNullable<Artifact['range']>): void {
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high))
    throw new RangeError('the range of samples is wrong')
  if (!['integer', 'float', 'any'].includes(samples)) throw new RangeError('the range stands for no known samples')
}

function panels(name: string, p: Panels, rows: number, cols: number): void {
  count(`rows of ${name}`, rows)
  if (p.rows !== rows || p.cols !== cols) throw new RangeError(`${name}: expected ${rows} x ${cols}`)
  vector(name, p.data, panelLength(rows, cols))
}

function vector(name: string, array: Float64Array, length: number): void {
  if (!(array instanceof Float64Array) || array.length !== length)
    throw new RangeError(`${name}: expected ${length} numbers`)
  if (!allFinite(array)) throw new RangeError(`${name}: not all numbers are finite`)
}

function count(name: string, value: number, highest = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${name} is not a count`)
  if (value > highest) throw new RangeError(`${name}: more than ${highest}`)
}
