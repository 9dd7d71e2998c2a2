/** Rows of the report that train a network or a head. */
import { imageSide } from '../baselines/cnn.ts'
import type { CnnResult } from '../baselines/cnn-task.ts'
import { deepOneClassDefaults, fitDeepOneClass, scoreDeepOneClass } from '../baselines/deep-one-class.ts'
import { fitTransferHead, transferLogits } from '../baselines/transfer-head.ts'
import { createRandom } from '../core/random.ts'
import { acceptByPValue, heldOutScores } from './held-out-scores.ts'
import type { Method, MethodContext } from './method.ts'

const halfDecision = 'probability of the class > 0.5'
const endings = {
  epochs: 'trained for all its epochs',
  patience: 'stopped early, back at the best validation accuracy',
  loss: 'stopped as its loss had vanished',
  time: 'stopped by its time budget',
} as const

export const naiveCnn: Method = {
  key: 'naive-cnn',
  title: 'Naive CNN (the 2019 question)',
  needs: 'positives',
  seeds: { quick: 1, full: 1 },
  lane: 'thread',
  async run(context, seed) {
    const result = await context.train('naive', seed)
    // what the asker saw: 32-bit probabilities
    const scores = Float64Array.from(result.outputs, (z) => 1 - Math.fround(sigmoid(z)))
    const accepted = Uint8Array.from(result.outputs, (z) => (z > 0 ? 1 : 0))
    return {
      ...common(result),
      scores,
      accepted,
      decision: halfDecision,
      notes: collapseNotes(result, accepted, scores),
    }
  },
}

export const binaryCnn: Method = {
  key: 'binary-cnn',
  title: 'Binary CNN (the accepted answer)',
  needs: 'negatives',
  seeds: { quick: 1, full: 2 },
  lane: 'thread',
  async run(context, seed) {
    const result = await context.train('binary', seed)
    return {
      ...common(result),
      scores: Float64Array.from(result.outputs, (z) => -z),
      accepted: Uint8Array.from(result.outputs, (z) => (z > 0 ? 1 : 0)),
      decision: halfDecision,
      network: { size: imageSide, weights: result.weights },
      notes: [
        `${describe(result)} It has seen what the class is not; it knows the training negatives and not what else may come.`,
      ],
    }
  },
}

export const distanceNet: Method = {
  key: 'distance-net',
  title: 'Distance network (the second answer)',
  needs: 'positives',
  seeds: { quick: 1, full: 1 },
  lane: 'thread',
  async run(context, seed) {
    const result = await context.train('distance', seed)
    const distance = (z: number) => (z - 1) ** 2
    const scores = Float64Array.from(result.outputs, distance)
    const heldOut = Float64Array.from(result.trainOutputs, (z, i) => (result.validation[i] ? distance(z) : Number.NaN))
    return {
      ...common(result),
      scores,
      ...acceptByPValue(heldOut, scores, context.alpha),
      notes: [
        `${describe(result)} Every training target is 1, so a network that ignores its input has the least error; what is left to tell images apart is how far they fall from that constant.`,
      ],
    }
  },
}

export const transferBinary: Method = {
  key: 'transfer-binary',
  title: 'Transfer learning, binary head',
  needs: 'negatives',
  seeds: { quick: 1, full: 3 },
  lane: 'main',
  async run(context, seed) {
    const started = performance.now()
    const state = fitTransferHead(context.positives, context.negatives, createRandom(seed).fork('transfer'))
    const fitSeconds = (performance.now() - started) / 1000
    const scoring = performance.now()
    const logits = transferLogits(state, context.test)
    return {
      scores: logits.map((z) => -z),
      accepted: Uint8Array.from(logits, (z) => (z > 0 ? 1 : 0)),
      decision: halfDecision,
      fitSeconds,
      scoreMs: (performance.now() - scoring) / context.test.rows,
      memoryBytes: 2 * (context.positives.data.byteLength + context.negatives.data.byteLength),
      usesBackbone: true,
      notes: [
        `Logistic regression on the frozen backbone; penalty ${state.penalty}, chosen by cross-validation on the training images.`,
      ],
    }
  },
}

export const deepOneClass: Method = {
  key: 'deep-one-class',
  title: 'Deep one-class features',
  needs: 'reference',
  seeds: { quick: 1, full: 2 },
  lane: 'main',
  async run(context: MethodContext, seed) {
    const reference = await context.reference()
    const fit = (rows: MethodContext['positives'], label: string) =>
      fitDeepOneClass(rows, reference.embeddings, reference.kinds, deepOneClassDefaults, createRandom(seed).fork(label))
    const started = performance.now()
    const state = fit(context.positives, 'model')
    const heldOut = await heldOutScores(context.positives, context.groups, 4, seed, async (train, rows, fold) =>
      scoreDeepOneClass(fit(train, `fold ${fold}`), rows),
    )
    const fitSeconds = (performance.now() - started) / 1000
    const scoring = performance.now()
    const scores = scoreDeepOneClass(state, context.test)
    return {
      scores,
      ...acceptByPValue(heldOut, scores, context.alpha),
      fitSeconds,
      scoreMs: (performance.now() - scoring) / context.test.rows,
      memoryBytes:
        2 * (context.positives.data.byteLength + reference.embeddings.data.byteLength) +
        3 * state.weights.data.byteLength,
      usesBackbone: true,
      notes: [
        `Reference set: ${reference.description}. One layer on the frozen backbone; compactness ${state.compactness.toPrecision(2)}, cross-entropy of the reference kinds ${state.descriptiveness.toPrecision(2)}.`,
      ],
    }
  },
}

function common(result: CnnResult) {
  return {
    fitSeconds: result.fitSeconds,
    scoreMs: result.scoreMs,
    memoryBytes: result.peakBytes,
    usesBackbone: false,
    history: result.history,
  }
}

function describe(result: CnnResult): string {
  const backend = result.backend === 'wasm' ? 'TensorFlow.js on WebAssembly' : 'TensorFlow.js on libtensorflow'
  return `${result.parameters.toLocaleString('en')} weights, ${result.history.length} epochs, ${endings[result.stopped]} (${backend}).`
}

/** Why it gives the same answer for every image, with the numbers of this run. */
function collapseNotes(result: CnnResult, accepted: Uint8Array, scores: Float64Array): string[] {
  const last = result.history.at(-1)
  const yes = accepted.reduce((sum, value) => sum + value, 0)
  const distinct = new Set(scores).size
  const answer =
    yes === accepted.length
      ? `it answers "yes" to all ${accepted.length} test images${distinct === 1 ? ', with the very same probability' : ''}`
      : `it answers "yes" to ${yes} of ${accepted.length} test images`
  return [
    describe(result),
    `Loss ${last ? last.loss.toExponential(0) : '?'} and accuracy ${last?.accuracy.toFixed(2) ?? '?'} in training, and ${answer}. With one class every target is 1, so the loss falls fastest by raising the last bias and whatever else is common to all images: nothing in it asks the network to look for the class. That loss of 1e-7 is not a good fit but a constant.`,
  ]
}

function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z))
}
