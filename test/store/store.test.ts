import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import { l2Normalise, type Matrix, matrix } from '../../src/core/matrix.ts'
import type { Panels } from '../../src/core/panels.ts'
import { createRandom } from '../../src/core/random.ts'
import { createClassifier } from '../../src/pipeline/classify.ts'
import { fitFeatures } from '../../src/pipeline/fit-features.ts'
import { type Artifact, decodeArtifact, encodeArtifact, readableFormats } from '../../src/store/artifact.ts'
import { encodeGallery, galleryInParts } from '../../src/store/gallery.ts'
import { readModelFile } from '../../src/store/model-file.ts'
import { factsOf } from '../../src/store/model-info.ts'
import { seal } from '../../src/store/sealed.ts'
import { blankGallery, noBackbone } from '../support/gallery.ts'

const random = createRandom(9)
const rows = (n: number) =>
  matrix(
    n,
    16,
    Float64Array.from({ length: n * 16 }, () => 1 + random.next()),
  )
const X = rows(30)
const T = rows(5)
const artifact = await fitFeatures(X, { seed: 3 })
const bytes = encodeArtifact(artifact)

test('a model read back scores to the last bit as the fitted one', () => {
  const score = (model: typeof artifact) => createClassifier(model, { model: 'm@1' }).scoreMatrix(T)
  assert.deepEqual(score(decodeArtifact(bytes)), score(artifact))
})

test('the same rows and seed give the same bytes', async () => {
  assert.deepEqual(encodeArtifact(await fitFeatures(X, { seed: 3 })), bytes)
  assert.notDeepEqual(encodeArtifact(await fitFeatures(X, { seed: 4 })), bytes)
})

test('the number of calibration scores is what p-values count among, set aside or not', async () => {
  assert.equal(factsOf(artifact, bytes).calibrationScores, 30)
  const many = await fitFeatures(rows(1004), { seed: 3 })
  const { n, calibrationScores } = factsOf(many, encodeArtifact(many))
  assert.equal(n, 1004)
  const least = createClassifier(many, { model: 'm@1' }).scoreMatrix(matrix(1, 16, new Float64Array(16).fill(-9)))[0]!
  assert.equal(least.pValue, 1 / (calibrationScores + 1))
  assert.ok(calibrationScores > 200 && calibrationScores < 300, String(calibrationScores))
})

test('cut short at any place, or with any byte changed, a model file is refused', () => {
  for (let length = 0; length < bytes.length; length += 997) {
    assert.throws(() => decodeArtifact(bytes.subarray(0, length)), { code: 'MODEL_CORRUPT' }, `${length} bytes`)
  }
  for (let at = 0; at < bytes.length; at += 1009) {
    const altered = Uint8Array.from(bytes)
    altered[at]! ^= 0x10
    assert.throws(() => decodeArtifact(altered), { name: 'OneclassError' }, `byte ${at}`)
  }
})

/** What an attacker would send: altered, with a hash that fits. */
function forge(change: (tree: string) => string): Uint8Array {
  const source = Buffer.from(bytes)
  const length = source.readUInt32LE(12)
  const tree = source.toString('utf8', 48, 48 + length)
  const changed = Buffer.from(change(tree))
  const dataAt = Math.ceil((48 + length) / 8) * 8
  const padded = Buffer.concat([changed, Buffer.alloc((8 - ((48 + changed.length) % 8)) % 8)])
  const body = Buffer.concat([padded, source.subarray(dataAt)])
  const head = Buffer.from(source.subarray(0, 48))
  head.writeUInt32LE(changed.length, 12)
  createHash('sha256').update(body).digest().copy(head, 16)
  return Buffer.concat([head, body])
}

test('a forged model with a right hash is refused before it is used', () => {
  assert.doesNotThrow(() => decodeArtifact(forge((tree) => tree)))
  for (const change of [
    (tree: string) => tree.replace(/"dim":16/g, '"dim":17'),
    (tree: string) => tree.replace('"rows":', '"rows":9'),
    (tree: string) => tree.replace(/"at":\d+/, '"at":999999999'),
    (tree: string) => tree.replace(/"at":\d+/, '"at":-8'),
    (tree: string) => tree.replace('"$array":"f64"', '"$array":"constructor"'),
    (tree: string) => tree.replace('"$array":"i32"', '"$array":"f64"'),
    (tree: string) => tree.replace('"alpha":0.05', '"alpha":5'),
    (tree: string) => tree.replace(/"feature":\{[^}]*\}/, '"feature":null'),
    (tree: string) =>
      tree.replace(/"child":(\{[^}]*\})/, (_all, child: string) => `"child":${child.replace(/"at":\d+/, '"at":0')}`),
    // a few bytes that would become gigabytes: the same array again and again
    (tree: string) =>
      tree.replace('{"backbone"', `{"more":[${'{"$array":"f64","at":0,"length":500},'.repeat(99_999)}0],"backbone"`),
    (tree: string) => tree.replace('{"backbone"', `{"more":${'['.repeat(99_999)}${']'.repeat(99_999)},"backbone"`),
    (tree: string) => tree.replace('{"backbone"', `{"more":"${'x'.repeat(33 * 2 ** 20)}","backbone"`),
    () => 'null',
    () => '[]',
    () => '{"dim":',
    () => '{}',
  ]) {
    assert.throws(() => decodeArtifact(forge(change)), { code: 'MODEL_CORRUPT' })
  }
})

test('a forged model that passes for one but is dear to use is refused: a chain of nodes, trees, held-out scores without number', () => {
  const model = decodeArtifact(bytes)
  const refused = (change: Partial<Artifact['ensemble']>, why: RegExp) =>
    assert.throws(() => decodeArtifact(encodeArtifact({ ...model, ensemble: { ...model.ensemble, ...change } })), {
      code: 'MODEL_CORRUPT',
      message: why,
    })
  const { isolationForest, calibration } = model.ensemble
  const n = 1000
  const feature = new Int32Array(n)
  const child = Int32Array.from({ length: n }, (_, i) => i + 1)
  const threshold = new Float32Array(n).fill(3e38)
  for (const leaf of [n - 2, n - 1]) [feature[leaf], child[leaf], threshold[leaf]] = [-1, 0, 10]
  const chain = { feature, child, threshold }
  refused({ isolationForest: { ...isolationForest, ...chain, roots: new Int32Array(9) } }, /64 deep/)
  refused({ isolationForest: { ...isolationForest, roots: new Int32Array(30_000) } }, /20000 trees/)
  for (const rotatedFrom of [-1, 0.5, isolationForest.roots.length + 1, Number.NaN])
    refused({ isolationForest: { ...isolationForest, rotatedFrom } }, /rotated trees/)
  const long = Float64Array.from({ length: 300_000 }, (_, i) => i)
  const heldOut = Object.fromEntries(Object.keys(calibration.heldOut).map((key) => [key, long]))
  refused(
    { calibration: { ...calibration, heldOut: heldOut as unknown as typeof calibration.heldOut } },
    /held-out scores: more than 200000/,
  )
  const numbered = (...rows: number[]) =>
    encodeArtifact({ ...model, positives: { ...model.positives, rows: Int32Array.from(rows) } })
  assert.equal(decodeArtifact(numbered(...Array(30).keys())).positives.rows?.[29], 29)
  for (const rows of [[1, 2], Array<number>(30).fill(-1)])
    assert.throws(() => decodeArtifact(numbered(...rows)), { code: 'MODEL_CORRUPT', message: /numbers of the rows/ })
})

test('a model file through a thread: the same bytes, the alpha that is asked for, and refusals with their code', async () => {
  const read = await readModelFile(bytes)
  assert.deepEqual(Buffer.from(read.bytes), Buffer.from(bytes))
  assert.deepEqual([read.facts.n, read.facts.dim, read.facts.alpha], [30, 16, 0.05])
  const other = await readModelFile(bytes, { alpha: 0.3 })
  assert.deepEqual({ ...decodeArtifact(other.bytes) }, { ...decodeArtifact(bytes), alpha: 0.3 })
  assert.equal(other.facts.alpha, 0.3)
  await assert.rejects(readModelFile(bytes.subarray(0, 5000)), { code: 'MODEL_CORRUPT' })
  await assert.rejects(readModelFile(forge(() => '{}')), { code: 'MODEL_CORRUPT' })
  await assert.rejects(readModelFile(forge(() => '['.repeat(5_000_000))), { code: 'MODEL_CORRUPT' })
})

test('a gallery is read with its model, and refused where it is none or that of another', async () => {
  const imaged = { ...artifact, backbone: noBackbone }
  const model = encodeArtifact(imaged)
  const gallery = blankGallery(imaged)
  assert.equal((await readModelFile(model, { gallery: encodeGallery(gallery) })).facts.n, 30)
  const refused = async (bad: Uint8Array, message: RegExp) =>
    await assert.rejects(readModelFile(model, { gallery: bad }), { code: 'MODEL_CORRUPT', message })
  await refused(Buffer.from('x'), /not a gallery file/)
  await refused(model, /not a gallery file/)
  await refused(encodeGallery(gallery).subarray(0, 900), /hash|cut short/)
  await refused(encodeGallery({ ...gallery, leaders: new Int32Array(30).fill(7) }), /groups/)
  for (const other of [
    blankGallery({ ...imaged, n: 31 }),
    blankGallery({ ...imaged, dim: 17 }),
    { ...gallery, backbone: { ...noBackbone, id: 'other' } },
    { ...gallery, light: 'even' as const },
  ])
    await refused(encodeGallery(other), /another model/)
})

test('no file is written that would not be read back', () => {
  const format = { magic: 'TESTFILE', version: 1, maxBytes: 2 ** 20, name: 'file' }
  assert.throws(() => seal(format, { a: new Float64Array(2 ** 17) }), { code: 'INVALID_ARGUMENT', message: /1 MiB/ })
  const gallery = blankGallery({ n: 4, dim: 8, backbone: noBackbone })
  const bytes = encodeGallery(gallery)
  assert.deepEqual(Buffer.concat(galleryInParts(gallery, bytes.length) ?? []), Buffer.from(bytes))
  assert.equal(galleryInParts(gallery, bytes.length - 1), undefined)
})

test('another format version says so', () => {
  const other = Uint8Array.from(bytes)
  const later = 1 + Math.max(...readableFormats)
  other[8] = later
  const message = new RegExp(`version ${later}`)
  assert.throws(() => decodeArtifact(other), { code: 'MODEL_INCOMPATIBLE', message })
})

test('a model file of format version 1 is read, and scores as it did', () => {
  const { ensemble, positives } = artifact
  const { vectors, coefficients, gamma, rho } = ensemble.oneClassSvm
  const version1 = {
    ...artifact,
    ensemble: {
      ...ensemble,
      whitening: { ...ensemble.whitening, axes: fromPanels(ensemble.whitening.axes) },
      oneClassSvm: { gamma, rho, vectors: fromPanels(vectors), coefficients },
    },
    positives: { embeddings: Float32Array.from(l2Normalise(X).data), images: positives.images },
  }
  const score = (model: typeof artifact) => createClassifier(model, { model: 'm@1' }).scoreMatrix(T)
  assert.deepEqual(score(decodeArtifact(asVersion1(version1))), score(artifact))
  const { axes } = version1.ensemble.whitening
  for (const wrong of [
    { ...axes, rows: 1e9 },
    { ...axes, cols: axes.cols + 1 },
    { ...axes, data: null },
  ]) {
    const forged = structuredClone(version1) as { ensemble: { whitening: { axes: unknown } } }
    forged.ensemble.whitening.axes = wrong
    assert.throws(() => decodeArtifact(asVersion1(forged)), { code: 'MODEL_CORRUPT' })
  }
  assert.throws(() => decodeArtifact(asVersion1({})), { code: 'MODEL_CORRUPT' })
})

function fromPanels({ rows, cols, data }: Panels): Matrix {
  const at = (k: number, j: number) => data[((k >> 3) * cols + j) * 8 + (k & 7)]!
  return matrix(
    rows,
    cols,
    Float64Array.from({ length: rows * cols }, (_, i) => at(Math.floor(i / cols), i % cols)),
  )
}

/** The same container with version 1 in its header. */
function asVersion1(tree: object): Uint8Array {
  const file = encodeArtifact(tree as typeof artifact)
  file[8] = 1
  return file
}
