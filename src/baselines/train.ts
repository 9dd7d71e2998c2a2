/** The training loop of the 2019 network: shuffled mini-batches, augmentation, early stopping, a time budget; seeded throughout. */
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { createRandom, type Random } from '../core/random.ts'
import type { EpochRecord } from '../wire/comparison.ts'
import { augmentImage, copyImage } from './augment.ts'
import type { CnnResult, CnnTask } from './cnn-task.ts'
import { denseUnits, forward, initialWeights, lossAndGradients } from './network.ts'
import { createOptimizer } from './optimizer.ts'
import { loadTensorFlow, type TensorFlow } from './tensorflow.ts'

const dropoutShare = 0.5
/** The last part of the epochs runs at a smaller learning rate, so that the result depends less on where it stops. */
const slowFrom = 0.7
const slowRate = 0.2

/** Blocks its thread; run it in one of its own (`cnn-thread.ts`). @throws DEPENDENCY_MISSING */
export async function trainCnn(task: CnnTask, onEpoch?: (record: EpochRecord) => void): Promise<CnnResult> {
  const { tf, backend } = await loadTensorFlow()
  const random = createRandom(task.seed)
  const bytes = task.size * task.size * 3
  const images = task.targets.length
  const validation = drawValidation(task.targets, task.validationShare, random.fork('validation'))
  const trainRows = rowsWhere(validation, 0)
  const validationRows = rowsWhere(validation, 1)
  const weights: Tensor[] = initialWeights(task.size, random.fork('weights')).map(({ shape, values }) =>
    tf.tensor(values, shape),
  )
  const optimizer = createOptimizer(tf, task.optimizer)
  const history: EpochRecord[] = []
  let stopped: CnnResult['stopped'] = 'epochs'
  let best: { accuracy: number; epoch: number; weights: Tensor[] } | undefined
  let peakBytes = 0
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000

  for (let epoch = 1; epoch <= task.epochs; epoch++) {
    const order = shuffled(trainRows, random.fork(`order ${epoch}`))
    const noise = random.fork(`noise ${epoch}`)
    const slowing = epoch > task.epochs * slowFrom ? slowRate : 1
    let lossSum = 0
    let right = 0
    for (let at = 0; at < order.length; at += task.batch) {
      const rows = order.subarray(at, at + task.batch)
      const x = inputOf(tf, task, rows, noise)
      const y = tf.tensor2d(
        Float32Array.from(rows, (i) => task.targets[i]!),
        [rows.length, 1],
      )
      const dropout = dropoutFactors(tf, rows.length, noise)
      const step = lossAndGradients(tf, weights, x, y, dropout, task.head)
      peakBytes = Math.max(peakBytes, tf.memory().numBytes)
      lossSum += step.loss.dataSync()[0]! * rows.length
      right += countRight(step.output.dataSync() as Float32Array, rows, task)
      optimizer.apply(weights, step.gradients, slowing)
      tf.dispose([x, y, dropout, step.loss, step.output, step.gradients] as never)
    }
    const judged = validationRows.length > 0 ? judge(tf, task, weights, validationRows) : undefined
    const record: EpochRecord = {
      epoch,
      loss: lossSum / order.length,
      accuracy: right / order.length,
      validationLoss: judged?.loss ?? null,
      validationAccuracy: judged?.accuracy ?? null,
      seconds: seconds(),
    }
    history.push(record)
    onEpoch?.(record)
    if (judged && task.patience !== null) {
      // of equals the later one: a few dozen images tell no more, and their loss turns upwards long before their accuracy does
      if (best === undefined || judged.accuracy >= best.accuracy) {
        tf.dispose(best?.weights ?? [])
        best = { accuracy: judged.accuracy, epoch, weights: weights.map((weight) => tf.clone(weight)) }
      } else if (epoch - best.epoch >= task.patience) {
        stopped = 'patience'
        break
      }
    }
    if (record.loss <= task.stopAtLoss) {
      stopped = 'loss'
      break
    }
    if (epoch < task.epochs && record.seconds * ((epoch + 1) / epoch) > task.timeBudgetSeconds) {
      stopped = 'time'
      break
    }
  }
  const final = best?.weights ?? weights
  const fitSeconds = seconds()
  const all = Int32Array.from({ length: images }, (_, i) => i)
  const trainOutputs = outputsOf(tf, task, final, all)
  const toScore = { ...task, pixels: task.toScore }
  const m = task.toScore.length / bytes
  const scoring = performance.now()
  const outputs = outputsOf(
    tf,
    toScore,
    final,
    Int32Array.from({ length: m }, (_, i) => i),
  )
  const scoreMs = (performance.now() - scoring) / Math.max(1, m)
  const values = final.map((weight) => Float32Array.from(weight.dataSync()))
  tf.dispose([weights, best?.weights ?? []] as never)
  optimizer.dispose()
  return {
    backend,
    history,
    stopped,
    outputs,
    trainOutputs,
    validation,
    parameters: values.reduce((sum, weight) => sum + weight.length, 0),
    weights: task.keepWeights ? values : [],
    fitSeconds,
    scoreMs,
    peakBytes: peakBytes + task.pixels.length,
  }
}

/** The same share of each target, drawn at random; at least one of each and never all of them. */
function drawValidation(targets: Uint8Array, share: number, random: Random): Uint8Array {
  const chosen = new Uint8Array(targets.length)
  if (share <= 0) return chosen
  for (const target of [0, 1]) {
    const rows = shuffled(rowsWhere(targets, target), random)
    const count = Math.min(rows.length - 1, Math.max(1, Math.round(rows.length * share)))
    for (const i of rows.subarray(0, Math.max(0, count))) chosen[i] = 1
  }
  return chosen
}

function rowsWhere(flags: Uint8Array, value: number): Int32Array {
  const rows: number[] = []
  flags.forEach((flag, i) => {
    if (flag === value) rows.push(i)
  })
  return Int32Array.from(rows)
}

function shuffled(rows: Int32Array, random: Random): Int32Array {
  const out = rows.slice()
  for (let i = out.length - 1; i > 0; i--) {
    const j = random.int(i + 1)
    const swap = out[i]!
    out[i] = out[j]!
    out[j] = swap
  }
  return out
}

/** A batch, augmented when a generator is given. */
function inputOf(tf: TensorFlow, task: CnnTask, rows: Int32Array, random?: Random): Tensor4D {
  const { size } = task
  const bytes = size * size * 3
  const values = new Float32Array(rows.length * bytes)
  rows.forEach((row, i) => {
    if (task.augmentation && random) {
      augmentImage(task.pixels, row * bytes, values, i * bytes, size, task.augmentation, random)
    } else copyImage(task.pixels, row * bytes, values, i * bytes, size)
  })
  return tf.tensor4d(values, [rows.length, size, size, 3])
}

function dropoutFactors(tf: TensorFlow, rows: number, random: Random): Tensor2D {
  const factors = Float32Array.from({ length: rows * denseUnits }, () =>
    random.next() < dropoutShare ? 0 : 1 / (1 - dropoutShare),
  )
  return tf.tensor2d(factors, [rows, denseUnits])
}

/** Outputs before the activation. What was trained on mirrored images too is asked about both sides, and answers with their mean. */
function outputsOf(tf: TensorFlow, task: CnnTask, weights: Tensor[], rows: Int32Array): Float32Array {
  const out = new Float32Array(rows.length)
  for (let at = 0; at < rows.length; at += task.batch) {
    const part = rows.subarray(at, at + task.batch)
    const x = inputOf(tf, task, part)
    const output = tf.tidy(() => {
      const plain = forward(tf, weights, x).output
      return task.augmentation?.flip ? tf.div(tf.add(plain, forward(tf, weights, tf.reverse(x, 2)).output), 2) : plain
    })
    out.set(output.dataSync() as Float32Array, at)
    tf.dispose([x, output])
  }
  return out
}

function judge(tf: TensorFlow, task: CnnTask, weights: Tensor[], rows: Int32Array): { loss: number; accuracy: number } {
  const outputs = outputsOf(tf, task, weights, rows)
  let sum = 0
  outputs.forEach((z, k) => {
    const y = task.targets[rows[k]!]!
    sum += task.head === 'linear' ? (z - y) ** 2 : Math.max(z, 0) - z * y + Math.log1p(Math.exp(-Math.abs(z)))
  })
  return { loss: sum / rows.length, accuracy: countRight(outputs, rows, task) / rows.length }
}

/** Right means on the target's side of the middle: probability 0.5, or an output of 0.5. */
function countRight(outputs: Float32Array, rows: Int32Array, task: CnnTask): number {
  const middle = task.head === 'linear' ? 0.5 : 0
  let right = 0
  outputs.forEach((z, k) => {
    if (z > middle === (task.targets[rows[k]!] === 1)) right++
  })
  return right
}
