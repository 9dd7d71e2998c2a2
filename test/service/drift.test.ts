/** The drift monitors of served models, over a real Redis: each version has its own, under whatever name and with whatever bytes. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { keys } from '../../src/queue/redis-keys.ts'
import { advanceDrift, driftIdOf, driftNews, readDrift, recordServed } from '../../src/service/drift-log.ts'
import { forgetDrift, renameDrift, takeOverDrift } from '../../src/service/drift-moves.ts'
import { openRegistry } from '../../src/store/registry.ts'
import { labelOf } from '../../src/wire/label.ts'
import type { Model } from '../../src/wire/model.ts'
import { startTestApi, type TestApi } from '../support/api.ts'

let api: TestApi
let first: Model
let second: Model
before(async () => {
  api = await startTestApi()
  const registry = openRegistry(api.home)
  const { artifact, info } = await registry.load('thing')
  first = info
  second = await registry.save('thing', artifact)
  assert.equal(second.sha256, first.sha256)
})
after(async () => {
  await api?.end()
})

const client = () => api.service.producer.client
beforeEach(async () => {
  await client().flushall()
})
const served = (model: Model, count: number) =>
  recordServed(
    client(),
    { label: labelOf(model), sha256: model.sha256 },
    Array.from({ length: count }, () => ({ pValue: 0.5, score: 0.4 })),
  )
const images = async (model: Model) => {
  const { all, accepted } = await readDrift(client(), model)
  return [all.images, accepted.images]
}

test('two versions of the same bytes count their own images, with alphas of their own', async () => {
  const strict = { ...second, alpha: 0.2 }
  await served(first, 3)
  await served(strict, 2)
  for (let i = 0; i < 3; i++) for (const model of [first, strict]) await advanceDrift(client(), model)
  assert.deepEqual(await images(first), [3, 3])
  assert.deepEqual(await images(strict), [2, 2])
})

test('the service gives /metrics the images of each version, and takes over what an earlier build counted', async () => {
  await advanceDrift(client(), first) // the state as an earlier build kept it, under the hash alone
  await client().rename(keys.drift(driftIdOf(first)), keys.drift(first.sha256))
  await client().rpush(keys.driftInbox(first.sha256), '0.5,0.4')
  await client().sadd(keys.driftNews, first.sha256)
  const inUse = [first, second].map((model) => ({ ...model, serving: model.version === 2 }))
  await takeOverDrift(client(), inUse)
  await takeOverDrift(client(), inUse) // a second service
  assert.equal(await client().exists(keys.drift(first.sha256), keys.driftInbox(first.sha256)), 0)
  await served(first, 4)
  const lines = async () =>
    (await (await fetch(api.url('/metrics'))).text())
      .split('\n')
      .filter((line) => line.startsWith('oneclass_score_count'))
      .sort()
  const wanted = ['oneclass_score_count{model="thing@1"} 4', 'oneclass_score_count{model="thing@2"} 1']
  for (let tries = 0; tries < 100 && (await lines()).join() !== wanted.join(); tries++)
    await new Promise((wake) => setTimeout(wake, 100))
  assert.deepEqual(await lines(), wanted)
})

test('a new name keeps the monitor, and what waits in it; a removed model leaves none', async () => {
  const unknown = { ...first, name: 'unknown' } // to the service, which would move it on meanwhile
  await served(unknown, 2)
  await advanceDrift(client(), unknown)
  await served(unknown, 1)
  await renameDrift(client(), [unknown, second], 'other')
  const renamed = { ...first, name: 'other' }
  assert.deepEqual(await driftNews(client()), [driftIdOf(renamed)])
  await advanceDrift(client(), renamed)
  assert.deepEqual(await images(renamed), [3, 3])
  assert.deepEqual(await images(unknown), [0, 0])
  await served(renamed, 1)
  await forgetDrift(client(), renamed)
  assert.deepEqual(await client().keys('*drift*'), [])
})
