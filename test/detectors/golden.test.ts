/** Our numerics against scikit-learn's (golden-values.ts has the recipe). */
import assert from 'node:assert/strict'
import test from 'node:test'
import { type Matrix, matrix, row } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'
import { mahalanobis, nearestNeighbour } from '../../src/detectors/index.ts'
import { averagePathLength, scoreIsolationTrees } from '../../src/detectors/isolation-trees.ts'
import { scoreKernelSvm, trainKernelSvm } from '../../src/detectors/kernel-svm.ts'
import { splitWhitening } from '../../src/detectors/split-whitening.ts'
import { applySymmetricWhitening, fitWhitening } from '../../src/detectors/whitening.ts'
import { golden } from './golden-values.ts'

/** The rows of the recipe. */
function rows(n: number, d: number, phase: number): Matrix {
  const X = matrix(n, d)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) {
      X.data[i * d + j] = Math.sin(1.3 * i + 0.7 * j * j + phase) + 0.5 * Math.cos(0.9 * i * j + phase) + 0.2 * j
    }
  }
  return X
}

function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  assert.equal(actual.length, expected.length)
  for (let i = 0; i < expected.length; i++) {
    assert.ok(
      Math.abs(actual[i]! - expected[i]!) <= tolerance,
      `${i}: expected ${expected[i]} but received ${actual[i]}`,
    )
  }
}

for (const [name, n, d] of [
  ['wide', 12, 20],
  ['tall', 40, 6],
] as const) {
  test(`Ledoit-Wolf whitening, ${name}: shrinkage, Mahalanobis, nearest neighbour and Σ^(-1/2) are scikit-learn's`, async () => {
    const X = rows(n, d, 0)
    const T = rows(5, d, 0.4)
    const whitening = fitWhitening(X)
    assert.ok(Math.abs(whitening.shrinkage - golden[name].shrinkage) < 1e-10)
    close(mahalanobis.score(whitening, T), golden[name].mahalanobis, 1e-6)
    const nearest = await nearestNeighbour.fit(X, nearestNeighbour.defaults, createRandom(1))
    close(nearestNeighbour.score(nearest, T), golden[name].nearest, 1e-6)
    close(row(applySymmetricWhitening(whitening, T), 0), golden[name].symmetric, 1e-6)
  })
}

test('whitening from inner products is whitening from axes', () => {
  const X = rows(12, 20, 0)
  const fit = [0, 2, 3, 4, 6, 7, 9, 10]
  const targets = [1, 5, 8, 11, 0]
  const take = (indices: number[]) =>
    matrix(indices.length, 20, Float64Array.from(indices.flatMap((i) => Array.from(row(X, i)))))
  close(
    splitWhitening(X)(fit, targets).data,
    applySymmetricWhitening(fitWhitening(take(fit)), take(targets)).data,
    1e-8,
  )
})

for (const nu of [0.1, 0.5] as const) {
  test(`one-class SVM, nu ${nu}: rho, support vectors and decisions are scikit-learn's, beyond LIBSVM's six digits`, async () => {
    const expected = golden[`svm${nu}`]
    const svm = await trainKernelSvm(rows(30, 4, 0), { nu, gamma: 0.3, maxRows: 100 }, createRandom(1))
    assert.ok(Math.abs(svm.rho - expected.rho) < 1e-6, `rho ${svm.rho}, expected ${expected.rho}`)
    assert.equal(svm.vectors.rows, expected.support.length)
    // our score is log(rho) - log(decision + rho)
    const decisions = scoreKernelSvm(svm, rows(6, 4, 0.4)).map((score) => svm.rho * Math.exp(-score) - svm.rho)
    close(decisions, expected.decision, 1e-5)
  })
}

test('isolation trees score as scikit-learn scores the same trees', () => {
  const roots: number[] = []
  const feature: number[] = []
  const child: number[] = []
  const threshold: number[] = []
  for (const tree of golden.forest.trees) {
    // their nodes in breadth-first pairs, as ours lie
    roots.push(feature.length)
    const queue = [{ node: 0, depth: 0, at: feature.length }]
    feature.push(-1)
    while (queue.length > 0) {
      const { node, depth, at } = queue.shift()!
      const left = tree.left[node]!
      if (left < 0) {
        feature[at] = -1
        threshold[at] = depth + averagePathLength(tree.size[node]!)
        child[at] = 0
        continue
      }
      feature[at] = tree.feature[node]!
      threshold[at] = tree.threshold[node]!
      child[at] = feature.length
      queue.push({ node: left, depth: depth + 1, at: feature.length })
      queue.push({ node: tree.right[node]!, depth: depth + 1, at: feature.length + 1 })
      feature.push(-1, -1)
    }
  }
  const state = {
    dim: 4,
    subsample: golden.forest.subsample,
    roots: Int32Array.from(roots),
    feature: Int32Array.from(feature),
    child: Int32Array.from(child),
    threshold: Float32Array.from(threshold),
  }
  close(scoreIsolationTrees(state, rows(6, 4, 0.4)), golden.forest.score, 1e-5)
})

test('c(n) has the values of the isolation forest paper', () => {
  assert.equal(averagePathLength(1), 0)
  assert.equal(averagePathLength(2), 1)
  assert.ok(Math.abs(averagePathLength(256) - 10.2448) < 1e-3)
})
