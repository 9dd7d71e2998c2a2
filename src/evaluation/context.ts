/** What the methods of one comparison share: matrices, the ensemble, the reference set, the training thread and its time budget. */
import { cnnTask, type Effort, trainInThread } from '../baselines/cnn.ts'
import { kindsByClustering } from '../baselines/reference-kinds.ts'
import { renderedKinds, renderReference } from '../baselines/rendered-reference.ts'
import { fromRows, type Matrix, matrix } from '../core/matrix.ts'
import { createRandom } from '../core/random.ts'
import { fitEnsemble, scoreEnsemble } from '../detectors/ensemble.ts'
import { OneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import type { Material } from './material.ts'
import type { Method, MethodContext, ReferenceSet } from './method.ts'
import { fitServed, wayOfFit } from './served.ts'

/** Seconds that all networks together may train. */
const trainingBudget: Readonly<Record<Effort, number>> = { quick: 270, full: 1700 }
const renderedPerKind = 24
const referenceKinds = 8
/** Rendered images stand in for negatives when there are fewer than this. */
const minimumReference = 16

export interface Setting {
  readonly alpha: number
  readonly effort: Effort
  readonly signal?: AbortSignal | undefined
}

export function createContext(
  material: Material,
  setting: Setting,
  onMessage: (message: string) => void,
): MethodContext & { networksOnly(methods: readonly Method[]): boolean } {
  const { of } = material
  const positives = of.trainPositive.embeddings
  const test = stack(of.testPositive.embeddings, of.testNegative.embeddings)
  const toScore = new Uint8Array(of.testPositive.pixels.length + of.testNegative.pixels.length)
  toScore.set(of.testPositive.pixels)
  toScore.set(of.testNegative.pixels, of.testPositive.pixels.length)
  const data = { positives: of.trainPositive.pixels, negatives: of.trainNegative.pixels, toScore }
  const ensembles = new Map<number, ReturnType<MethodContext['ensemble']>>()
  let reference: Promise<ReferenceSet> | undefined
  const places = {
    ...setting,
    backbone: material.backbone,
    train: of.trainPositive.sources,
    test: [...of.testPositive.sources, ...of.testNegative.sources],
  }
  let way: ReturnType<typeof wayOfFit> | undefined
  let binarySeconds = 0
  let secondsLeft = trainingBudget[setting.effort]

  return {
    positives,
    negatives: of.trainNegative.embeddings,
    test,
    groups: material.groups,
    alpha: setting.alpha,
    effort: setting.effort,
    networksOnly: (methods) => methods.every(({ lane }) => lane === 'thread'),
    ensemble(seed) {
      const known = ensembles.get(seed) ?? fitShared(positives, material.groups, test, seed)
      ensembles.set(seed, known)
      return known
    },
    async served(seed) {
      way ??= wayOfFit(places)
      const found = await way
      return found && (await fitServed(places, found, seed))
    },
    reference() {
      reference ??= makeReference(of.trainNegative.embeddings, material.backbone)
      return reference
    },
    async train(recipe, seed) {
      if (secondsLeft < 5) throw new OneclassError('INTERNAL', 'The time for training networks is used up.')
      if (recipe === 'binary' && secondsLeft < binarySeconds) {
        throw new OneclassError('INTERNAL', 'The time that is left does not suffice for another seed.')
      }
      const share = recipe === 'binary' ? 0.95 : 0.25
      const task = cnnTask(recipe, data, {
        effort: setting.effort,
        seed,
        timeBudgetSeconds: secondsLeft * share,
        keepWeights: recipe === 'binary',
      })
      const started = performance.now()
      const result = await trainInThread(task, {
        signal: setting.signal,
        onEpoch: ({ epoch, loss }, epochs) =>
          onMessage(`${recipe} network: epoch ${epoch} of at most ${epochs}, loss ${loss.toPrecision(2)}`),
      })
      const seconds = (performance.now() - started) / 1000
      secondsLeft -= seconds
      if (recipe === 'binary') binarySeconds = seconds
      return result
    },
  }
}

async function fitShared(positives: Matrix, groups: Int32Array, test: Matrix, seed: number) {
  const started = performance.now()
  const state = await fitEnsemble(positives, { groups }, createRandom(seed))
  const fitSeconds = (performance.now() - started) / 1000
  const scoring = performance.now()
  const scores = scoreEnsemble(state, test)
  return { state, scores, fitSeconds, scoreMs: (performance.now() - scoring) / test.rows }
}

async function makeReference(negatives: Matrix, backbone: Backbone): Promise<ReferenceSet> {
  const random = createRandom(1).fork('reference')
  if (negatives.rows >= minimumReference) {
    const kinds = kindsByClustering(negatives, referenceKinds, random)
    return {
      embeddings: negatives,
      kinds,
      description: `your ${negatives.rows} training negatives, in ${new Set(kinds).size} kinds found by clustering`,
    }
  }
  const { width, height } = backbone.target
  const images = renderReference(renderedPerKind, width, height, random)
  const rows: Float32Array[] = []
  const kinds: number[] = []
  for (let at = 0; at < images.length; at += 8) {
    const embeddings = await backbone.embed(images.slice(at, at + 8))
    embeddings.forEach((embedding, k) => {
      if (embedding instanceof OneclassError) return
      rows.push(embedding)
      kinds.push((at + k) % renderedKinds)
    })
  }
  return {
    embeddings: fromRows(rows),
    kinds: Int32Array.from(kinds),
    description: `${rows.length} images in ${renderedKinds} kinds that oneclass draws itself, as there are hardly any training negatives`,
  }
}

function stack(a: Matrix, b: Matrix): Matrix {
  const out = matrix(a.rows + b.rows, a.cols)
  out.data.set(a.data)
  out.data.set(b.data, a.data.length)
  return out
}
