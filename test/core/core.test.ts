import assert from 'node:assert/strict'
import test from 'node:test'
import { symmetricEigen } from '../../src/core/eigen.ts'
import { inTurns } from '../../src/core/in-turns.ts'
import {
  columnMeans,
  dot,
  firstEqualRows,
  matrix,
  row,
  rowReader,
  rowScales,
  takeRows,
  widen,
} from '../../src/core/matrix.ts'
import { readNpy, readNpyRows, writeNpy } from '../../src/core/npy.ts'
import { pairs } from '../../src/core/pairs.ts'
import { addPanel, panelLength, projectOnPanel, rowsInPanel, toPanels } from '../../src/core/panels.ts'
import { gram } from '../../src/core/products.ts'
import { createRandom, resumeRandom, sample } from '../../src/core/random.ts'

test('eigenvectors of symmetric matrices: A v = λ v, orthonormal, ascending; also singular, diagonal and 1 x 1', () => {
  const random = createRandom(1)
  for (const n of [1, 2, 3, 7, 40]) {
    for (const kind of ['full', 'rank one', 'diagonal', 'zero'] as const) {
      const v = Float64Array.from({ length: n }, () => random.normal())
      const A = matrix(n, n)
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++) {
          const value = { full: random.normal(), 'rank one': v[i]! * v[j]!, diagonal: i === j ? v[i]! : 0, zero: 0 }[
            kind
          ]
          A.data[i * n + j] = value
          A.data[j * n + i] = value
        }
      }
      const { values, vectors } = symmetricEigen(A)
      for (let k = 0; k < n; k++) {
        if (k > 0) assert.ok(values[k]! >= values[k - 1]!)
        const x = row(vectors, k)
        for (let i = 0; i < n; i++) {
          const Ax = row(A, i).reduce((sum, value, j) => sum + value * x[j]!, 0)
          assert.ok(Math.abs(Ax - values[k]! * x[i]!) < 1e-11, `${kind} ${n}`)
        }
        for (let l = 0; l <= k; l++) {
          const product = x.reduce((sum, value, j) => sum + value * row(vectors, l)[j]!, 0)
          assert.ok(Math.abs(product - Number(k === l)) < 1e-11, `${kind} ${n}`)
        }
      }
    }
  }
})

test('eigenvectors where rows repeat: copies of photos, and of one placeholder', () => {
  for (const [n, distinct, d] of [
    [80, 2, 8], // did not converge while rounding errors were compared with each other
    [60, 6, 24],
    [60, 40, 24],
    [40, 1, 8],
  ] as const) {
    const random = createRandom(3)
    const X = matrix(n, d)
    for (let i = 0; i < n; i++) {
      if (i < distinct) for (let j = 0; j < d; j++) X.data[i * d + j] = random.normal()
      else row(X, i).set(row(X, i % distinct))
    }
    const mean = columnMeans(X)
    for (let i = 0; i < n * d; i++) X.data[i]! -= mean[i % d]!
    const A = gram(X)
    const { values, vectors } = symmetricEigen(A)
    const norm = Math.max(1, values[n - 1]!)
    for (let k = 0; k < n; k++) {
      const x = row(vectors, k)
      for (let i = 0; i < n; i++) {
        const Ax = row(A, i).reduce((sum, value, j) => sum + value * x[j]!, 0)
        assert.ok(Math.abs(Ax - values[k]! * x[i]!) <= 1e-13 * norm, `${n} rows, ${distinct} distinct`)
      }
    }
    assert.equal(values.filter((value) => value > 1e-12 * norm).length, Math.min(distinct - 1, d))
  }
})

test('NPY files: written and read again; float32 and float64', () => {
  const m = matrix(3, 2, Float64Array.of(1, -2, 0.1, 1e300, Number.NaN, 5))
  assert.deepEqual(readNpy(writeNpy(m)), m)
  assert.equal(readNpy(writeNpy(m, 'float32')).data[2], Math.fround(0.1))
})

test('an NPY file of one dimension is no matrix: one row, or one column, is for its maker to say', () => {
  const bytes = writeNpy(matrix(1, 120, new Float64Array(120)))
  const text = Buffer.from(bytes).toString('latin1').replace('(1, 120)', '(120,)  ')
  assert.throws(() => readNpy(Buffer.from(text, 'latin1')), {
    code: 'FEATURES_UNREADABLE',
    message: /shape \(n, d\): its shape is \(120,\), save it as X\.reshape\(1, -1\)/,
  })
})

test('NPY files as rows: in the type of the file, over its bytes where numbers lie as they must', () => {
  const m = matrix(3, 2, Float64Array.of(1, -2, 0.1, 1e30, Number.NaN, 5))
  for (const type of ['float32', 'float64'] as const) {
    const file = writeNpy(m, type)
    const rows = readNpyRows(file)
    assert.equal(rows.data.BYTES_PER_ELEMENT, type === 'float32' ? 4 : 8)
    assert.equal(rows.data.buffer, file.buffer)
    const shifted = new Uint8Array(file.length + 1)
    shifted.set(file, 1)
    const copied = readNpyRows(shifted.subarray(1))
    assert.notEqual(copied.data.buffer, shifted.buffer)
    for (const { rows: n, cols, data } of [rows, copied])
      assert.deepEqual(matrix(n, cols, Float64Array.from(data)), readNpy(file))
  }
})

test('rows in float32 are read as the matrix of the same numbers', () => {
  const random = createRandom(4)
  const data = Float32Array.from({ length: 12 }, () => random.normal())
  data.copyWithin(6, 0, 3) // two equal rows
  const rows = { rows: 4, cols: 3, data }
  const m = widen(rows)
  assert.equal(widen(m).data, m.data)
  assert.deepEqual(takeRows(rows, [2, 0]), takeRows(m, [2, 0]))
  assert.deepEqual(firstEqualRows(rows), Int32Array.of(0, 1, 0, 3))
  assert.deepEqual([rowScales(rows), columnMeans(rows)], [rowScales(m), columnMeans(m)])
  const read = rowReader(rows)
  const first = read(0)
  assert.deepEqual(first, row(m, 0))
  assert.equal(read(1), first)
})

test('work in turns: so many at once, in order; after a failure none begins', async () => {
  const begun: number[] = []
  let [now, most] = [0, 0]
  const work = async (k: number) => {
    begun.push(k)
    most = Math.max(most, ++now)
    await new Promise((done) => setImmediate(done))
    now--
    if (k === 4) throw new Error('the fourth')
  }
  await inTurns(4, 2, work)
  assert.deepEqual([begun.splice(0), most], [[0, 1, 2, 3], 2])
  await assert.rejects(inTurns(20, 2, work), /the fourth/)
  assert.ok(begun.length <= 6)
})

test('NPY files: anything else is FEATURES_UNREADABLE with the reason', () => {
  const good = writeNpy(matrix(4, 3))
  const variant = (from: string, to: string) => {
    const text = Buffer.from(good).toString('latin1')
    return Buffer.from(text.replace(from, to), 'latin1')
  }
  for (const [bytes, reason] of [
    [new Uint8Array(0), /file is empty/],
    [Buffer.from('PK\x03\x04 this is a zip archive'), /is an archive/],
    [good.subarray(0, good.length - 1), /fewer than 4 x 3/],
    [good.subarray(0, 40), /cut short/],
    [variant('<f8', '<i8'), /type is <i8/],
    [variant('<f8', '>f8'), /type is >f8/],
    [variant('False', 'True '), /Fortran/],
    [variant('(4, 3)', '(4,-3)'), /shape/],
    [variant('(4, 3)', '(0, 3)'), /empty/],
    [variant('(4, 3)', '(9e9, 3)'), /fewer|shape/],
  ] as const) {
    assert.throws(() => readNpy(bytes), { code: 'FEATURES_UNREADABLE', message: reason })
  }
})

test('randomness: a saved state forks alike', () => {
  const random = createRandom(5)
  random.next()
  assert.equal(resumeRandom(random.save()).fork('x').next(), random.fork('x').next())
})

test('randomness: repeats under a seed, forks are independent of the order of drawing, draws are in range', () => {
  const a = createRandom(42)
  const b = createRandom(42)
  const child = a.fork('x').next()
  for (let i = 0; i < 1000; i++) {
    const value = a.next()
    assert.equal(value, b.next())
    assert.ok(value >= 0 && value < 1)
  }
  assert.equal(createRandom(42).fork('x').next(), child)
  assert.notEqual(createRandom(42).fork('y').next(), child)
  assert.notEqual(createRandom(43).next(), createRandom(42).next())
  const drawn = sample(100, 40, createRandom(1))
  assert.equal(new Set(drawn).size, 40)
  assert.ok(drawn.every((i) => i >= 0 && i < 100))
  const normals = Float64Array.from({ length: 20000 }, () => a.normal())
  const mean = normals.reduce((sum, x) => sum + x) / normals.length
  assert.ok(Math.abs(mean) < 0.03)
  assert.ok(Math.abs(normals.reduce((sum, x) => sum + x * x, 0) / normals.length - 1) < 0.05)
})

test('panels: products with all rows, and sums of all rows, are those of the matrix', () => {
  for (const [n, d] of [
    [1, 1],
    [8, 5],
    [19, 7],
  ] as const) {
    const random = createRandom(n)
    const numbers = (length: number) => Float64Array.from({ length }, () => random.normal())
    const m = matrix(n, d, numbers(n * d))
    const panels = toPanels(m)
    assert.equal(panels.data.length, panelLength(n, d))
    const x = numbers(d)
    const out = new Float64Array(rowsInPanel)
    const sum = new Float64Array(d)
    for (let p = 0; p * rowsInPanel < n; p++) {
      projectOnPanel(x, panels, p, out)
      for (let q = 0; q < rowsInPanel; q++) {
        const k = p * rowsInPanel + q
        const expected = k < n ? dot(x, m.data, d, 0, k * d) : 0
        assert.ok(Math.abs(out[q]! - expected) < 1e-12)
      }
      addPanel(sum, panels, p, new Float64Array(rowsInPanel).fill(2))
    }
    columnMeans(m).forEach((mean, j) => {
      assert.ok(Math.abs(sum[j]! - 2 * n * mean) < 1e-12)
    })
  }
})

test('pairs: what lies at the same places of two lists; lists of two lengths are a fault', () => {
  assert.deepEqual(pairs(['a', undefined], [1, null]), [
    ['a', 1],
    [undefined, null],
  ])
  assert.throws(() => pairs([1, 2], [1]), /2 and 1/)
  assert.throws(() => pairs([], [1]), /0 and 1/)
})
