/** Jobs that end otherwise: cancelled, left by a worker that went silent, of a model that others read, with Redis away, too late. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { OneclassError } from '../../src/errors.ts'
import { startConsumer, type Task } from '../../src/queue/consumer.ts'
import { UnreadableHere } from '../../src/queue/formats.ts'
import { startHeartbeat } from '../../src/queue/heartbeat.ts'
import { forgetInputs } from '../../src/queue/job-inputs.ts'
import { newJobId } from '../../src/queue/jobs.ts'
import { createProducer } from '../../src/queue/producer.ts'
import { keys, prefix } from '../../src/queue/redis-keys.ts'
import type { Job } from '../../src/wire/job.ts'
import { client, data, events, finished, producer, redis, send, until, withConsumer } from '../support/queue.ts'
import { scoredImage } from '../support/stand-in-worker.ts'

test('cancelling: a waiting job at once, a running one soon, a finished one not', async () => {
  const waiting = await send()
  const cancelled = await producer.cancel(waiting)
  assert.equal(cancelled.state, 'cancelled')
  assert.equal((await producer.job(waiting))?.state, 'cancelled')
  let started: () => void
  const running = new Promise<void>((resolve) => {
    started = resolve
  })
  let aborted = false
  await withConsumer(
    async ({ signal }) => {
      started()
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      aborted = true
    },
    async () => {
      const id = await send()
      await running
      await producer.cancel(id)
      const view = await finished(id)
      assert.equal(view.state, 'cancelled')
      assert.equal(view.error?.code, 'CANCELLED')
      assert.equal(aborted, true)
      await assert.rejects(producer.cancel(id), { code: 'CONFLICT' })
    },
  )
  await assert.rejects(producer.cancel(newJobId('classify')), { code: 'JOB_NOT_FOUND' })
})

test('a job whose worker went silent is given to another', async () => {
  let first = true
  const lost = await startConsumer({
    kind: 'classify',
    url: redis.url,
    client,
    concurrency: 1,
    lockMs: 600,
    handle: () => new Promise(() => {}),
  })
  const id = await send()
  while ((await producer.job(id))?.state !== 'running') await new Promise((resolve) => setTimeout(resolve, 20))
  await lost.drain(1) // leaves the job behind, as a crash does
  await withConsumer(
    async ({ crashes }) => {
      first = false
      return scoredImage(`${crashes} crashes`)
    },
    async () => {
      const view = await finished(id)
      assert.deepEqual(view.result, scoredImage('1 crashes'))
      assert.equal(first, false)
    },
    { lockMs: 600 },
  )
})

test('the images of a job go with it on every way out, and stay while it is tried again', async () => {
  const { blobs } = producer
  const before = await blobs.bytesStored()
  const addFit = async (): Promise<string> => {
    const blob = await blobs.put(Buffer.from('an image'), 600)
    const list = await blobs.put(Buffer.from(JSON.stringify([{ image: 'a.jpg', blob }])), 600)
    const id = newJobId('fit')
    await producer.add('fit', id, { name: 'm', list, origin: 'x' })
    return id
  }
  const ends = async (prepare: (id: string) => Promise<unknown>, handle: () => Promise<unknown>): Promise<Job> => {
    const id = await addFit()
    assert.ok((await blobs.bytesStored()) > before)
    await prepare(id)
    const lost = { onOver: (lostData: unknown) => forgetInputs(blobs, lostData) }
    const consumer = await startConsumer({ kind: 'fit', url: redis.url, client, concurrency: 1, handle, ...lost })
    const view = await finished(id)
    await consumer.drain(5000)
    return view
  }
  const nothing = async () => {}
  const neverAsked = async () => assert.fail('it is not handled')
  const crashed = await ends((id) => client.hset(`${prefix}:fit:${id}`, 'stc', '3'), neverAsked)
  assert.equal(crashed.error?.code, 'WORKER_DIED')
  assert.equal(await blobs.bytesStored(), before)
  const cancelled = await ends((id) => client.set(keys.cancel(id), '1'), neverAsked)
  assert.equal(cancelled.state, 'cancelled')
  assert.equal(await blobs.bytesStored(), before)
  let tries = 0
  const view = await ends(nothing, async () => {
    if (tries++ === 0) throw new Error('a fault')
    assert.ok((await blobs.bytesStored()) > before)
    throw new OneclassError('TOO_FEW_IMAGES', 'x')
  })
  assert.deepEqual([view.error?.code, tries], ['TOO_FEW_IMAGES', 2])
  assert.equal(await blobs.bytesStored(), before)
})

test('a job whose lock was lost while Redis did not answer has its images when it runs again', async () => {
  const { blobs } = producer
  const before = await blobs.bytesStored()
  const blob = await blobs.put(Buffer.from('an image'), 600)
  const id = newJobId('classify')
  await producer.add('classify', id, { ...data, blob })
  const ended: unknown[] = []
  const onOver = async (over: unknown) => {
    ended.push(over)
    await forgetInputs(blobs, over)
  }
  let runs = 0
  await withConsumer(
    async () => {
      runs++
      assert.ok((await blobs.bytesStored()) > before, 'its image is gone')
      if (runs === 1) await client.call('CLIENT', 'PAUSE', '2500', 'ALL')
      await client.ping()
      return scoredImage(`run ${runs}`)
    },
    async () => {
      assert.equal((await finished(id)).state, 'done')
    },
    { lockMs: 600, onOver },
  )
  assert.equal(ended.length, 1)
  assert.ok(runs > 1, 'the lock was not lost')
  assert.equal(await blobs.bytesStored(), before)
})

test('with Redis away, a producer says so within seconds', async () => {
  const lonely = createProducer({ url: 'redis://127.0.0.1:1' })
  const started = Date.now()
  await assert.rejects(lonely.job(newJobId('classify')), { code: 'REDIS_UNAVAILABLE' })
  await assert.rejects(lonely.add('classify', newJobId('classify'), data), { code: 'REDIS_UNAVAILABLE' })
  assert.ok(Date.now() - started < 10_000)
  await lonely.close()
})

test('a job whose model only another worker reads is given back for that one; without one it says so', async () => {
  const tries: string[] = []
  const later = startHeartbeat(client, 'later', {
    host: 'h',
    pid: 1,
    version: '1.0.0',
    concurrency: 1,
    formats: [3, 9],
  })
  await until(async () => (await client.hget(keys.worker('later'), 'formats')) === '3,9')
  const old = (task: Task<'classify'>) => {
    tries.push(`old ${task.isLastAttempt}`)
    return Promise.reject(new UnreadableHere('m@1', 9))
  }
  const add = async (): Promise<string> => {
    const id = newJobId('classify')
    await producer.add('classify', id, data)
    return id
  }
  await withConsumer(old, async () => {
    const ids = [await add(), await add(), await add()]
    await until(async () => tries.length > 8) // more often than any job is tried
    const read = async (task: Task<'classify'>) => scoredImage(task.id)
    const reader = await startConsumer({ kind: 'classify', url: redis.url, client, concurrency: 4, handle: read })
    for (const id of ids) await until(async () => (await producer.job(id))?.state === 'done')
    await reader.drain(5000)
    await later.stop()
    const last = await add()
    await until(async () => (await producer.job(last))?.state === 'failed')
    assert.equal((await producer.job(last))?.error?.code, 'MODEL_INCOMPATIBLE')
  })
  assert.ok(!tries.includes('old true'))
})

test('who waits is told when the time is over, whatever the garbage collector takes meanwhile', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const id = newJobId('classify')
  await producer.add('classify', id, data)
  const gone = new AbortController()
  const waits = [
    events.wait(id, 400, () => producer.job(id), gone.signal),
    events.outcome(id, 400, () => producer.job(id), gone.signal),
  ]
  await new Promise((resolve) => setTimeout(resolve, 100))
  for (let i = 0; i < 3; i++) collect()
  const late = new Promise<string>((resolve) => setTimeout(() => resolve('late'), 3000).unref())
  for (const view of await Promise.all(waits.map((wait) => Promise.race([wait, late])))) {
    assert.notEqual(view, 'late')
    assert.equal((view as Job).state, 'queued')
  }
})
