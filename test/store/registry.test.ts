/** Named versions of models on the disk: numbers, names, choices, damaged records, galleries, and many changes at once. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'node:test'
import { matrix } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'
import { fitFeatures } from '../../src/pipeline/fit-features.ts'
import { encodeArtifact } from '../../src/store/artifact.ts'
import { encodeGallery } from '../../src/store/gallery.ts'
import { openRegistry } from '../../src/store/registry.ts'
import { blankGallery, noBackbone } from '../support/gallery.ts'
import { temporaryFolder } from '../support/temporary.ts'

const random = createRandom(9)
const X = matrix(
  30,
  16,
  Float64Array.from({ length: 30 * 16 }, () => 1 + random.next()),
)
const artifact = { ...(await fitFeatures(X, { seed: 3 })), backbone: noBackbone }
const bytes = encodeArtifact(artifact)

test('the registry: versions, the latest by default, alpha without refitting, rename, remove, nothing half-written', async (t) => {
  const home = await temporaryFolder(t)
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
  assert.equal((await registry.save('piece', artifact)).version, 5) // no result of another names it
  await registry.remove('piece@2')
  assert.equal((await registry.save('piece', artifact)).version, 6)
  await registry.remove('piece')
  await assert.rejects(registry.info('piece'), { code: 'MODEL_NOT_FOUND' })
  await assert.rejects(registry.setAlpha('part', 1), { code: 'ALPHA_INVALID' })
  for (let i = 10; i < 32; i++) await registry.save(`m${i}`, artifact)
  await assert.rejects(registry.info('piece'), {
    code: 'MODEL_NOT_FOUND',
    message: /There are: m10, .*, m29, and 3 more\.$/,
  })
})

test('damaged records are named and left out of lists; the others stay, and what can be is repaired', async (t) => {
  const home = await temporaryFolder(t)
  const registry = openRegistry(home)
  const gallery = encodeGallery(blankGallery(artifact))
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
  await writeFile(join(home, 'models/part/3/gallery.oneclass'), gallery.subarray(0, 500))
  assert.equal((await registry.repair('part@3')).gallery, null) // what cannot be read is not said to be there
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
  const home = await temporaryFolder(t)
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
  const home = await temporaryFolder(t)
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
  const home = await temporaryFolder(t)
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
  const home = await temporaryFolder(t)
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
  const home = await temporaryFolder(t)
  const registry = openRegistry(home)
  const { gallery: _, name: _name, version: _version, ...about } = await registry.save('old', artifact)
  await writeFile(join(home, 'models/old/1/about.json'), JSON.stringify(about))
  assert.equal((await registry.info('old')).gallery, null)
  assert.equal(await registry.gallery('old'), undefined)
  assert.deepEqual(Buffer.from(await registry.bytes('old')), Buffer.from(bytes))
})

test('what a record says in words that this build does not know is left out, and the model is there', async (t) => {
  const home = await temporaryFolder(t)
  const registry = openRegistry(home)
  const { name: _name, version: _version, serving: _serving, ...about } = await registry.save('part', artifact)
  const unknown = { light: 'dim', enlarged: 9, detail: 'far', calibration: 'guess', calibrationScores: 0, range: 3 }
  await writeFile(join(home, 'models/part/1/about.json'), JSON.stringify({ ...about, ...unknown }))
  const info = await registry.info('part')
  for (const fact of ['light', 'enlarged', 'detail', 'calibration', 'range']) assert.ok(!(fact in info), fact)
  assert.deepEqual([info.calibrationScores, info.sha256], [about.n, about.sha256])
})

test('names that are paths, options or too long are refused everywhere', async (t) => {
  const home = await temporaryFolder(t)
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
  await assert.rejects(registry.save('all', artifact), { code: 'MODEL_NAME_INVALID' }) // `--model all` means every model
  await registry.save('some', artifact)
  await assert.rejects(registry.rename('some', 'all'), { code: 'MODEL_NAME_INVALID' })
  await rename(join(home, 'models/some'), join(home, 'models/all')) // of an earlier build
  assert.equal((await registry.info('all')).version, 1)
  assert.equal((await registry.rename('all', 'some')).name, 'some')
  assert.equal(await readFile(join(home, 'secret'), 'utf8'), 'x')
})
