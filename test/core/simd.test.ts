/** The SIMD kernels against plain loops, at sizes that end in the middle of a pair, a panel and a block. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { symmetricEigen } from '../../src/core/eigen.ts'
import { inverseRootFractions } from '../../src/core/inverse-root.ts'
import { type Matrix, matrix } from '../../src/core/matrix.ts'
import { gram, gramOfColumns, symmetricInverse, times, timesTransposed, transpose } from '../../src/core/products.ts'
import { createRandom } from '../../src/core/random.ts'
import { applyTerms, reflectRows, roomForTerms, strideFor, tridiagonalise } from '../../src/core/tridiagonal.ts'

const random = createRandom(3)
const normal = (rows: number, cols: number): Matrix =>
  matrix(
    rows,
    cols,
    Float64Array.from({ length: rows * cols }, () => random.normal()),
  )

/** Each inner product as one sum in order, as the kernels promise. */
function plainProduct(a: Matrix, b: Matrix): Matrix {
  const out = matrix(a.rows, b.rows)
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < b.rows; j++) {
      let sum = 0
      for (let k = 0; k < a.cols; k++) sum += a.data[i * a.cols + k]! * b.data[j * b.cols + k]!
      out.data[i * b.rows + j] = sum
    }
  }
  return out
}

function assertClose(a: ArrayLike<number>, b: ArrayLike<number>, tolerance: number, what: string): void {
  assert.equal(a.length, b.length, what)
  for (let k = 0; k < a.length; k++) assert.ok(Math.abs(a[k]! - b[k]!) <= tolerance, `${what}: ${a[k]} ${b[k]} at ${k}`)
}

for (const [m, k, n] of [
  [1, 1, 1],
  [3, 5, 9],
  [257, 33, 8],
  [2, 100, 17],
] as const) {
  test(`products, ${m} x ${k} x ${n}: the same bits as a plain loop`, () => {
    const a = normal(m, k)
    const b = normal(n, k)
    assert.deepEqual(timesTransposed(a, b), plainProduct(a, b))
    assert.deepEqual(gram(a), plainProduct(a, a))
    assert.deepEqual(transpose(transpose(a)), a)
  })
}

for (const n of [1, 2, 3, 31, 64, 129, 200]) {
  const A = gram(normal(n, n + 5))

  test(`a tridiagonal form, n = ${n}: Q T Qᵀ is the matrix, and shifted systems are solved`, () => {
    const stride = strideFor(n)
    const rows = (n + 4) * stride
    const T = tridiagonalise(A, 2 * rows + roomForTerms(n))
    const basis = T.space.take(rows)
    const solved = T.space.take(rows)
    for (let i = 0; i < n; i++) basis[i * stride + i] = 1
    reflectRows(T, basis, n, 'into')
    const Q = matrix(n, n)
    for (let i = 0; i < n; i++) Q.data.set(basis.subarray(i * stride, i * stride + n), i * n)
    assertClose(plainProduct(Q, Q).data, matrix(n, n, identity(n)).data, 1e-12, 'Q Qᵀ')
    const tridiagonal = matrix(n, n)
    for (let i = 0; i < n; i++) {
      tridiagonal.data[i * n + i] = T.d[i]!
      if (i > 0) tridiagonal.data[i * n + i - 1] = tridiagonal.data[(i - 1) * n + i] = T.e[i]!
    }
    assertClose(plainProduct(plainProduct(Q, tridiagonal), Q).data, A.data, 1e-10, 'Q T Qᵀ')
    // I Q (2 T + 3 I)⁻¹ Qᵀ times (2 A + 3 I) is I; nine terms that sum to one are more than one round of eight
    const terms = Array.from({ length: 9 }, () => ({ shift: 3, weight: 1 / 9 }))
    applyTerms(T, 2, terms, basis, solved, n)
    reflectRows(T, solved, n, 'back')
    const inverse = matrix(n, n)
    for (let i = 0; i < n; i++) inverse.data.set(solved.subarray(i * stride, i * stride + n), i * n)
    const shifted = matrix(
      n,
      n,
      A.data.map((value, at) => 2 * value + (at % (n + 1) === 0 ? 3 : 0)),
    )
    assertClose(plainProduct(inverse, shifted).data, identity(n), 1e-10, 'inverse')
  })

  test(`eigenvectors and inverse, n = ${n}`, () => {
    const { values, vectors } = symmetricEigen(A)
    const scaled = matrix(
      n,
      n,
      vectors.data.map((value, at) => value * values[Math.floor(at / n)]!),
    )
    assertClose(plainProduct(vectors, vectors).data, identity(n), 1e-12, 'V Vᵀ')
    assertClose(plainProduct(transpose(scaled), transpose(vectors)).data, A.data, 1e-10, 'Vᵀ Λ V')
    assertClose(plainProduct(symmetricInverse(A), A).data, identity(n), 1e-8, 'inverse')
  })
}

test('the inverse square root as a sum of fractions is exact to 1e-12 up to a ratio of 1e8', () => {
  for (const ratio of [1, 1.0001, 1.5, 10, 1e4, 1e8]) {
    const fractions = inverseRootFractions(0.3, 0.3 * ratio)
    assert.ok(fractions.length < 40)
    for (let k = 0; k <= 100; k++) {
      const x = 0.3 * ratio ** (k / 100)
      const sum = fractions.reduce((total, { pole, weight }) => total + weight / (x + pole), 0)
      assert.ok(Math.abs(sum * Math.sqrt(x) - 1) < 1e-12, `ratio ${ratio}, x ${x}`)
    }
  }
})

function identity(n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, at) => Number(at % (n + 1) === 0))
}

test('products with columns have the bits of products with the transpose', () => {
  for (const [m, n] of [
    [1, 1],
    [5, 3],
    [33, 17],
    [40, 300],
    [270, 9],
  ] as const) {
    const a = normal(m, n)
    assert.deepEqual(gramOfColumns(a), gram(transpose(a)))
    assert.deepEqual(times(transpose(a), a), timesTransposed(transpose(a), transpose(a)))
  }
})
