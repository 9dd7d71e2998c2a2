/** What a removal and a fit asked for again do to the work that is under way: over HTTP, with a real Redis and queue. */
import assert from 'node:assert/strict'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { disconnect, type RedisClient } from '../../src/queue/connection.ts'
import { type Consumer, connectConsumer, startConsumer } from '../../src/queue/consumer.ts'
import { keys } from '../../src/queue/redis-keys.ts'
import { driftIdOf } from '../../src/service/drift-log.ts'
import { leaveFit } from '../../src/service/fit-saver.ts'
import { watchModels } from '../../src/service/watch-models.ts'
import { encodeArtifact } from '../../src/store/artifact.ts'
import { openConfirmedStore } from '../../src/store/confirmed.ts'
import { openRegistry } from '../../src/store/registry.ts'
import { createLog } from '../../src/system/log.ts'
import type { Job } from '../../src/wire/job.ts'
import { startTestApi, type TestApi } from '../support/api.ts'

let api: TestApi
let consumer: Consumer | undefined
let client: RedisClient | undefined
before(async () => {
  api = await startTestApi()
})
after(async () => {
  await api?.end()
})
const registry = () => openRegistry(api.home)
let seed = 99
beforeEach(async () => {
  const { artifact } = await registry().load('thing')
  await registry().save('gone', { ...artifact, seed: seed++ }) // bytes of its own in each test
})
afterEach(async () => {
  await consumer?.drain(2000)
  if (client) await disconnect(client)
  consumer = client = undefined
  for (const name of ['gone', 'mine']) await fetch(api.url(`/v1/models/${name}`), { method: 'DELETE' })
})

const form = (field: string, fields: Record<string, string> = {}): RequestInit => {
  const body = new FormData()
  for (const [name, value] of Object.entries(fields)) body.append(name, value)
  body.append(field, new Blob(['x']), 'a.jpg')
  return { method: 'POST', body }
}
const post = async (path: string, init: RequestInit): Promise<string> => {
  const response = await fetch(api.url(path), init)
  assert.equal(response.status, 202, await response.clone().text())
  return ((await response.json()) as Job).id
}
const fit = (name: string) => post('/v1/models', form('images', { name }))
const map = (name: string) =>
  post(`/v1/models/${name}/maps`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
const remove = async (ref: string) =>
  assert.equal((await fetch(api.url(`/v1/models/${ref}`), { method: 'DELETE' })).status, 204)
const read = async (id: string) => (await (await fetch(api.url(`/v1/jobs/${id}`))).json()) as Job
const endOf = async (id: string): Promise<string> => {
  for (let tries = 0; tries < 200; tries++) {
    const { state, error } = await read(id)
    if (state !== 'queued' && state !== 'running') return `${state} ${error?.code ?? ''}`
    await new Promise((wake) => setTimeout(wake, 100))
  }
  assert.fail('it does not end')
}
const isOpen = async (id: string): Promise<boolean> => ['queued', 'running'].includes((await read(id)).state)

/** Fits as a worker does, with a model that is ready; `left` is told when all is left in Redis and the job is not complete yet. */
async function startFitting(left: () => Promise<void> = async () => {}): Promise<void> {
  const { artifact } = await registry().load('thing')
  const bytes = encodeArtifact({ ...artifact, seed: 7 })
  const { blobs } = api.service.producer
  const own = connectConsumer(api.redis.url)
  client = own
  consumer = await startConsumer({
    kind: 'fit',
    url: api.redis.url,
    client: own,
    concurrency: 1,
    async handle(task) {
      const parts = { artifact: bytes, gallery: undefined, samples: undefined }
      const outcome = await leaveFit({ client: own, blobs }, task, parts, { used: 30, rejected: [], duplicates: [] })
      await left()
      return outcome
    },
  })
}

test('work of a removed model ends, that of others goes on', async () => {
  const ending = {
    classify: await post('/v1/models/gone/classify', form('image')),
    several: await post('/v1/classify?models=thing,gone', form('image')),
    map: await map('gone'),
    fit: await fit('gone'),
    batch: await post('/v1/models/gone/batches', form('images')),
    also: await post('/v1/models/thing/batches', form('images', { also: 'gone' })),
  }
  const others = [
    await post('/v1/models/thing/classify', form('image')),
    await map('thing'),
    await fit('thing'),
    await post('/v1/models/thing/batches', form('images')),
  ]
  await remove('gone')
  const ends: Record<string, string> = {}
  for (const [kind, id] of Object.entries(ending)) ends[kind] = await endOf(id)
  assert.deepEqual(ends, {
    classify: 'cancelled CANCELLED',
    several: 'cancelled CANCELLED',
    map: 'cancelled CANCELLED',
    fit: 'cancelled CANCELLED',
    batch: 'failed MODEL_NOT_FOUND',
    also: 'failed MODEL_NOT_FOUND',
  })
  assert.match((await read(ending.batch)).error?.message ?? '', /^The model "gone@1" was removed\.$/)
  for (const id of others) {
    assert.ok(await isOpen(id))
    await fetch(api.url(`/v1/jobs/${id}`), { method: 'DELETE' })
  }
})

test('a model that was removed and comes again is where workers find it', async () => {
  const { artifact, info } = await registry().load('gone')
  const { blobs } = api.service.producer
  for (let round = 0; round < 2; round++) {
    const id = await post('/v1/models/gone/classify', form('image'))
    assert.ok(await blobs.touchModel(info.sha256, 600), `round ${round}`)
    await remove('gone')
    assert.equal(await endOf(id), 'cancelled CANCELLED')
    assert.equal(await blobs.touchModel(info.sha256, 600), false)
    await registry().save('gone', artifact)
  }
})

test('a model that another process removes takes its work and its bytes with it, soon', async () => {
  const ending = {
    classify: await post('/v1/models/gone/classify', form('image')),
    batch: await post('/v1/models/gone/batches', form('images')),
  }
  const other = await post('/v1/models/thing/batches', form('images'))
  const { sha256 } = await registry().info('gone')
  const { blobs } = api.service.producer
  assert.ok(await blobs.touchModel(sha256, 600))
  await new Promise((wake) => setTimeout(wake, 6000)) // the service has seen it
  await registry().remove('gone')
  assert.deepEqual(
    [await endOf(ending.classify), await endOf(ending.batch)],
    ['cancelled CANCELLED', 'failed MODEL_NOT_FOUND'],
  )
  for (let tries = 0; tries < 50 && (await blobs.touchModel(sha256, 600)); tries++)
    await new Promise((wake) => setTimeout(wake, 100))
  assert.equal(await blobs.touchModel(sha256, 600), false)
  assert.ok(await isOpen(other))
  await fetch(api.url(`/v1/jobs/${other}`), { method: 'DELETE' })
})

test('a model that another process renames keeps its monitor and its work; one that cannot be read at the moment loses nothing', async (t) => {
  const { producer } = api.service
  const confirmed = openConfirmedStore(api.home)
  const more = {
    producer,
    confirmed,
    home: api.home,
    origin: await originOf(),
    log: createLog('silent', {}),
    forgetOffer: () => {},
  }
  const watch = watchModels({ registry: registry(), ...more }, 30)
  t.after(() => watch.stop())
  const looks = () => new Promise((wake) => setTimeout(wake, 400))
  const id = await post('/v1/models/gone/batches', form('images'))
  const model = await registry().info('gone')
  const { client: redis } = producer
  await redis.set(keys.drift(driftIdOf(model)), 'x')
  await looks()
  await registry().rename('gone', 'mine')
  await looks()
  assert.equal(await redis.get(keys.drift(driftIdOf({ ...model, name: 'mine' }))), 'x')
  const about = join(api.home, 'models', 'mine', '1', 'about.json')
  const text = await readFile(about)
  await writeFile(about, '{')
  await looks()
  await rename(join(api.home, 'models'), join(api.home, 'away'))
  await looks()
  await rename(join(api.home, 'away'), join(api.home, 'models'))
  await writeFile(about, text)
  await looks()
  assert.ok(await isOpen(id))
  assert.ok(await producer.blobs.touchModel(model.sha256, 600))
  await registry().remove('mine')
  assert.equal(await endOf(id), 'failed MODEL_NOT_FOUND')
})

test('a version that is removed takes its own work with it, and nothing of the other versions', async () => {
  const { artifact } = await registry().load('gone')
  await registry().save('gone', artifact) // the same bytes: the jobs are told apart by the version
  const [first, second] = [
    await post('/v1/models/gone@1/batches', form('images')),
    await post('/v1/models/gone@2/batches', form('images')),
  ]
  const next = await fit('gone')
  await remove('gone@1')
  assert.equal(await endOf(first), 'failed MODEL_NOT_FOUND')
  assert.ok(await isOpen(second))
  assert.ok(await isOpen(next))
  for (const id of [second, next]) await fetch(api.url(`/v1/jobs/${id}`), { method: 'DELETE' })
})

test('a fit that is made and not saved yet does not bring a removed name back', async () => {
  let hasLeft = (): void => {}
  const left = new Promise<void>((resolve) => {
    hasLeft = resolve
  })
  let goOn = (): void => {}
  const removed = new Promise<void>((resolve) => {
    goOn = resolve
  })
  await startFitting(async () => {
    hasLeft()
    await removed
  })
  const id = await fit('gone')
  await left
  await remove('gone')
  goOn()
  assert.equal(await endOf(id), 'cancelled CANCELLED')
  for (let tries = 0; tries < 100; tries++) {
    if ((await api.service.producer.client.hlen(keys.finishedFits(await originOf()))) === 0) break
    await new Promise((wake) => setTimeout(wake, 100))
  }
  assert.deepEqual(
    (await registry().list()).map(({ name }) => name),
    ['thing'],
  )
})

test('the same images fitted again make the next version, which is in use with its own alpha; one job makes one version', async () => {
  await startFitting()
  const first = await fit('mine')
  assert.equal(await endOf(first), 'done ')
  assert.equal((await api.json('/v1/models/mine', { alpha: 0.3 }, 'PATCH')).status, 200)
  const again = await fit('mine')
  assert.equal(await endOf(again), 'done ')
  const made = async () =>
    (await registry().list())
      .filter(({ name }) => name === 'mine')
      .map(({ version, alpha, serving }) => ({ version, alpha, serving }))
  const both = [
    { version: 2, alpha: 0.05, serving: true },
    { version: 1, alpha: 0.3, serving: false },
  ]
  assert.deepEqual(await made(), both)
  const { result } = (await read(again)) as { result: { model: { version: number } } }
  assert.equal(result.model.version, 2)

  // as after a crash between the saving and its outcome
  const { client: redis } = api.service.producer
  const notes = keys.finishedFits(await originOf())
  const note = { name: 'mine', sha256: (await registry().info('mine')).sha256, gallery: null, samples: null }
  await redis.unlink(keys.outcome(first))
  await redis.hset(notes, first, JSON.stringify({ ...note, used: 30, rejected: [], duplicates: [] }))
  for (let tries = 0; tries < 100 && (await redis.hlen(notes)) > 0; tries++)
    await new Promise((wake) => setTimeout(wake, 100))
  assert.equal(await redis.hlen(notes), 0)
  assert.equal(((await read(first)) as { result: typeof result }).result.model.version, 1)
  assert.deepEqual(await made(), both)
})

async function originOf(): Promise<string> {
  return (await readFile(join(api.home, 'origin'), 'utf8')).trim()
}
