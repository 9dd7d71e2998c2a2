import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { l2Normalise, type Matrix, matrix } from '../../src/core/matrix.ts'
import type { Panels } from '../../src/core/panels.ts'
import { createRandom } from '../../src/core/random.ts'
import { createClassifier } from '../../src/pipeline/classify.ts'
import { fitFeatures } from '../../src/pipeline/fit.ts'
import { type Artifact, decodeArtifact, encodeArtifact } from '../../src/store/artifact.ts'
import { readModelFile } from '../../src/store/model-file.ts'
import { factsOf } from '../../src/store/model-info.ts'
import { openRegistry } from '../../src/store/registry.ts'

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
  const long = Float64Array.from({ length: 300_000 }, (_, i) => i)
  const heldOut = Object.fromEntries(Object.keys(calibration.heldOut).map((key) => [key, long]))
  refused(
    { calibration: { ...calibration, heldOut: heldOut as unknown as typeof calibration.heldOut } },
    /held-out scores: more than 200000/,
  )
})

test('a model file through a thread: the same bytes, the alpha that is asked for, and refusals with their code', async () => {
  const read = await readModelFile(bytes)
  assert.deepEqual(Buffer.from(read.bytes), Buffer.from(bytes))
  assert.deepEqual([read.facts.n, read.facts.dim, read.facts.alpha], [30, 16, 0.05])
  const other = await readModelFile(bytes, 0.3)
  assert.deepEqual({ ...decodeArtifact(other.bytes) }, { ...decodeArtifact(bytes), alpha: 0.3 })
  assert.equal(other.facts.alpha, 0.3)
  await assert.rejects(readModelFile(bytes.subarray(0, 5000)), { code: 'MODEL_CORRUPT' })
  await assert.rejects(readModelFile(forge(() => '{}')), { code: 'MODEL_CORRUPT' })
  await assert.rejects(readModelFile(forge(() => '['.repeat(5_000_000))), { code: 'MODEL_CORRUPT' })
})

test('another format version says so', () => {
  const other = Uint8Array.from(bytes)
  other[8] = 9
  assert.throws(() => decodeArtifact(other), { code: 'MODEL_INCOMPATIBLE', message: /version 9/ })
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

test('the registry: versions, the latest by default, alpha without refitting, rename, remove, nothing half-written', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'oneclass-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  const registry = openRegistry(home)
  assert.deepEqual(await registry.list(), [])
  const saved = await Promise.all([1, 2, 3, 4].map(() => registry.save('part', artifact)))
  assert.deepEqual(saved.map(({ version }) => version).sort(), [1, 2, 3, 4])
  assert.deepEqual((await readdir(join(home, 'models/part'))).sort(), ['1', '2', '3', '4'])
  assert.equal((await registry.info('part')).version, 4)
  assert.equal((await registry.info('part@2')).version, 2)
  assert.equal((await registry.setAlpha('part', 0.2)).alpha, 0.2)
  assert.equal((await registry.load('part')).artifact.alpha, 0.2)
  assert.equal((await registry.load('part@3')).artifact.alpha, 0.05)
  assert.deepEqual(Buffer.from(await registry.bytes('part')), Buffer.from(bytes))
  await registry.rename('part', 'piece')
  await assert.rejects(registry.info('part'), { code: 'MODEL_NOT_FOUND' })
  await registry.save('part', artifact)
  await assert.rejects(registry.rename('part', 'piece'), { code: 'CONFLICT' })
  await registry.remove('piece@4')
  assert.equal((await registry.info('piece')).version, 3)
  await registry.remove('piece')
  await assert.rejects(registry.info('piece'), { code: 'MODEL_NOT_FOUND' })
  await assert.rejects(registry.setAlpha('part', 1), { code: 'ALPHA_INVALID' })
})

test('damaged records are named and left out of lists; the others stay, and what can be is repaired', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'oneclass-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  const registry = openRegistry(home)
  const gallery = Buffer.from('any bytes will do here')
  await registry.save('whole', artifact)
  for (const text of ['', '{"createdAt":"2026', 'null', '{"alpha":"x","n":null,"sha256":7}', undefined]) {
    const { version } = await registry.save('part', artifact, { gallery })
    const path = join(home, 'models/part', String(version), 'about.json')
    if (text === undefined) await rm(path)
    else await writeFile(path, text)
  }
  const { models, damaged } = await registry.survey()
  assert.deepEqual([models.map(({ name }) => name), damaged.length], [['whole'], 5])
  for (const { label, reason } of damaged) assert.ok(reason.includes(`oneclass models repair ${label}`), reason)
  for (const call of [() => registry.info('part'), () => registry.setAlpha('part', 0.1), () => registry.load('part')])
    await assert.rejects(call(), { code: 'MODEL_CORRUPT' })
  const { createdAt: _, ...whole } = await registry.info('whole')
  const { createdAt: __, ...repaired } = await registry.repair('part@2')
  const hash = createHash('sha256').update(gallery).digest('hex')
  assert.deepEqual(repaired, { ...whole, name: 'part', version: 2, serving: false, gallery: hash })
  await registry.remove('part@5')
  await writeFile(join(home, 'models/part/4/model.oneclass'), '')
  await assert.rejects(registry.repair('part@4'), { code: 'MODEL_CORRUPT' })
  await registry.repair('part@3')
  await writeFile(join(home, 'models/part/serving.json'), '')
  await assert.rejects(registry.info('part'), { code: 'MODEL_CORRUPT' }) // not another version than the chosen one
  assert.equal((await registry.info('part@3')).version, 3)
  await registry.use('part@3')
  assert.equal((await registry.info('part')).version, 3)
  await writeFile(join(home, 'models/part/serving.json'), '')
  await registry.remove('part')
  assert.deepEqual((await registry.list()).length, 1)
  assert.equal((await stat(join(home, 'models'))).mode & 0o777, 0o700)
  assert.equal((await stat(join(home, 'models/whole/1/model.oneclass'))).mode & 0o777, 0o600)
})

test('changes of one record at the same time are all kept', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'oneclass-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  const registry = openRegistry(home)
  for (let i = 0; i < 5; i++) {
    const { version } = await registry.save('part', artifact)
    const ref = `part@${version}`
    await Promise.all([openRegistry(home).setAlpha(ref, 0.2), registry.addGallery(ref, Buffer.from('gallery'))])
    const { alpha, gallery } = await registry.info(ref)
    assert.deepEqual([alpha, gallery !== null], [0.2, true])
  }
})

test('new names, alphas, choices and removals at the same time leave no half of a model under any name', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'oneclass-test-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  const [one, other] = [openRegistry(home), openRegistry(home)]
  await one.save('a', artifact)
  const codes = new Set<string>()
  await Promise.all(
    Array.from({ length: 48 }, (_, i) => {
      const registry = i % 2 ? one : other
      const work = [
        () => registry.setAlpha('a', 0.01 + i / 1000),
        () => registry.rename('a', 'b'),
        () => registry.setAlpha('b@1', 0.01 + i / 1000),
        () => registry.rename('b', 'a'),
        () => registry.use('a@1'),
        () => registry.remove('b@2'),
      ]
      return work[i % work.length]!().catch((error: { code: string }) => void codes.add(error.code))
    }),
  )
  assert.ok(
    [...codes].every((code) => ['MODEL_NOT_FOUND', 'CONFLICT'].includes(code)),
    [...codes].join(),
  )
  const { models, damaged } = await one.survey()
  assert.deepEqual([models.length, damaged], [1, []])
  assert.deepEqual(await readdir(join(home, 'models')), [models[0]!.name])
  assert.deepEqual(await readdir(home), ['models'])
})

test('the gallery lies beside its model, moves and goes with it, and is refused when it is not what was saved', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'oneclass-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  const registry = openRegistry(home)
  const gallery = Buffer.from('any bytes will do here')
  assert.equal((await registry.save('part', artifact)).gallery, null)
  assert.equal(await registry.gallery('part'), undefined)
  const { gallery: hash } = await registry.addGallery('part', gallery)
  assert.match(hash ?? '', /^[0-9a-f]{64}$/)
  assert.equal((await registry.save('part', artifact, { gallery })).gallery, hash)
  await registry.setAlpha('part@1', 0.3)
  await registry.rename('part', 'piece')
  assert.deepEqual(await registry.gallery('piece@1'), gallery)
  assert.equal((await registry.info('piece@1')).gallery, hash)
  await writeFile(join(home, 'models/piece/2/gallery.oneclass'), 'other bytes')
  await assert.rejects(registry.gallery('piece'), { code: 'MODEL_CORRUPT' })
  assert.equal((await registry.load('piece')).artifact.n, 30)
  await assert.rejects(registry.rename('piece@1', 'x'), { code: 'MODEL_NAME_INVALID' })
})

test('the bare name means the version fitted last, or the one that was chosen, until the next fit', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'oneclass-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  const registry = openRegistry(home)
  const growth = { base: 'part@1', kept: 30, added: 2, excluded: 0, repeated: 0 }
  await registry.save('part', artifact)
  assert.deepEqual((await registry.save('part', artifact, { growth })).growth, growth)
  assert.equal((await registry.info('part')).version, 2)
  assert.equal((await registry.use('part@1')).serving, true)
  await registry.setAlpha('part', 0.2)
  assert.deepEqual(
    (await registry.list()).map(({ version, serving, alpha }) => [version, serving, alpha]),
    [
      [2, false, 0.05],
      [1, true, 0.2],
    ],
  )
  assert.equal((await openRegistry(home).load('part')).info.version, 1)
  assert.deepEqual((await registry.info('part@2')).growth, growth)
  await registry.rename('part', 'piece')
  assert.equal((await registry.info('piece')).version, 1)
  await registry.save('piece', artifact)
  assert.equal((await registry.info('piece')).version, 3)
  await registry.use('piece@2')
  await registry.remove('piece@2')
  assert.equal((await registry.info('piece')).version, 3)
  await writeFile(join(home, 'models/piece/serving.json'), 'no json')
  await assert.rejects(registry.info('piece'), { code: 'MODEL_CORRUPT' }) // a version that was undone does not come back
  await assert.rejects(registry.use('piece'), { code: 'MODEL_NAME_INVALID' })
  await assert.rejects(registry.use('piece@9'), { code: 'MODEL_NOT_FOUND' })
})

test('a model that was saved before there were galleries', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'oneclass-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  const registry = openRegistry(home)
  const { gallery: _, name: _name, version: _version, ...about } = await registry.save('old', artifact)
  await writeFile(join(home, 'models/old/1/about.json'), JSON.stringify(about))
  assert.equal((await registry.info('old')).gallery, null)
  assert.equal(await registry.gallery('old'), undefined)
  assert.deepEqual(Buffer.from(await registry.bytes('old')), Buffer.from(bytes))
})

test('names that are paths, options or too long are refused everywhere', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'oneclass-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  await writeFile(join(home, 'secret'), 'x')
  const registry = openRegistry(home)
  for (const name of [
    '../secret',
    'a/../../b',
    '..',
    '.',
    '',
    '-rf',
    'a b',
    'a\0b',
    'é',
    'a'.repeat(65),
    'a..b',
    '/etc/passwd',
    'C:\\x',
  ]) {
    for (const call of [
      () => registry.save(name, artifact),
      () => registry.info(name),
      () => registry.bytes(name),
      () => registry.remove(name),
    ]) {
      await assert.rejects(call(), { code: 'MODEL_NAME_INVALID' }, JSON.stringify(name))
    }
  }
  await assert.rejects(registry.info('a@../1'), { code: 'MODEL_NAME_INVALID' })
  assert.equal(await readFile(join(home, 'secret'), 'utf8'), 'x')
})
