/** Models whose files were damaged on the disk: named, and no fault of the service. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openRegistry } from '../../src/store/registry.ts'
import { codeOf, startTestApi, type TestApi } from '../support/api.ts'

let api: TestApi
before(async () => {
  api = await startTestApi()
})
after(async () => {
  await api.end()
})

test('a model file that is not the one that was saved is refused wherever it is used', async () => {
  const path = join(api.home, 'models/thing/1/model.oneclass')
  const whole = await readFile(path)
  const flipped = Buffer.from(whole)
  flipped[flipped.length - 100]! ^= 1
  for (const damaged of [flipped, whole.subarray(0, 5000), Buffer.alloc(0)]) {
    await writeFile(path, damaged)
    for (const ask of [
      () => api.json('/v1/models/thing/classify', { base64: 'AAAA' }),
      () => api.json('/v1/models/thing/maps', {}),
      () => fetch(api.url('/v1/models/thing/export')),
    ])
      assert.equal(await codeOf(await ask()), 'MODEL_CORRUPT')
  }
  await writeFile(path, whole)
  const asked = await api.json('/v1/models/thing/classify', { base64: 'AAAA' })
  assert.equal(asked.status, 202)
  await asked.body?.cancel()
})

test('a model that was put in the place of another is used after a repair only', async () => {
  const registry = openRegistry(api.home)
  const { artifact } = await registry.load('thing')
  const { sha256 } = await registry.save('other', { ...artifact, seed: 98 })
  await writeFile(join(api.home, 'models/thing/1/model.oneclass'), await registry.bytes('other'))
  await assert.rejects(registry.bytes('thing'), { code: 'MODEL_CORRUPT', message: /models repair thing@1/ })
  await assert.rejects(registry.load('thing'), { code: 'MODEL_CORRUPT' }) // the command line reads it so
  await registry.repair('thing@1')
  assert.equal((await registry.info('thing')).sha256, sha256)
  assert.equal((await registry.bytes('thing')).length, (await registry.info('thing')).bytes)
})
