import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { OneclassError } from '../../src/errors.ts'
import { disconnect, type RedisClient } from '../../src/queue/connection.ts'
import {
  type Consumer,
  type ConsumerOptions,
  connectConsumer,
  startConsumer,
  type Task,
} from '../../src/queue/consumer.ts'
import { type JobEvents, openJobEvents } from '../../src/queue/events.ts'
import { UnreadableHere } from '../../src/queue/formats.ts'
import { startHeartbeat } from '../../src/queue/heartbeat.ts'
import { newJobId, typeOfJob } from '../../src/queue/jobs.ts'
import { createProducer, type Producer } from '../../src/queue/producer.ts'
import { keys } from '../../src/queue/redis-keys.ts'
import type { Job } from '../../src/wire/job.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'
import { scoredImage } from '../support/stand-in-worker.ts'

let redis: TestRedis
let client: RedisClient
let producer: Producer
let events: JobEvents
before(async () => {
  redis = await startTestRedis()
  client = connectConsumer(redis.url)
  producer = createProducer({ url: redis.url, maxWaiting: 5 })
  events = await openJobEvents(redis.url)
})
after(async () => {
  await events.close()
  await producer.close()
  await disconnect(client)
  await redis.end()
})
beforeEach(async () => {
  await producer.queues.get('classify')!.obliterate({ force: true })
})

const data = {
  image: 'a.jpg',
  blob: `${'0'.repeat(24)}.${'0'.repeat(64)}.1`,
  model: { label: 'm@1', sha256: '0'.repeat(64), alpha: 0.05 },
}

const until = async (done: () => Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 200; i++) {
    if (await done()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail('it did not happen')
}

async function withConsumer(
  handle: (task: Task<'classify'>) => Promise<unknown>,
  work: () => Promise<void>,
  more: Partial<ConsumerOptions<'classify'>> = {},
): Promise<void> {
  const consumer: Consumer = await startConsumer({
    kind: 'classify',
    url: redis.url,
    client,
    concurrency: 4,
    handle,
    ...more,
  })
  try {
    await work()
  } finally {
    await consumer.drain(5000)
  }
}

async function send(change: object = {}): Promise<string> {
  const id = newJobId('classify')
  await producer.add('classify', id, { ...data, ...change })
  return id
}

async function finished(id: string): Promise<Job> {
  const view = await events.wait(id, 10_000, () => producer.job(id))
  assert.ok(view)
  return view
}

test('a job is done, with its result', async () => {
  await withConsumer(
    async ({ data }) => scoredImage(data.image),
    async () => {
      const view = await finished(await send())
      assert.equal(view.state, 'done')
      assert.deepEqual(view.result, scoredImage('a.jpg'))
      assert.equal(view.error, null)
      assert.ok(view.finishedAt)
    },
  )
})

test('many images may listen to the end of one job', async () => {
  const warnings: Error[] = []
  const note = (warning: Error): void => void warnings.push(warning)
  process.on('warning', note)
  await withConsumer(
    async ({ data, signal }) => {
      for (let i = 0; i < 200; i++) signal.addEventListener('abort', () => {})
      await new Promise((resolve) => setImmediate(resolve)) // warnings come a little later
      return scoredImage(data.image)
    },
    async () => {
      assert.equal((await finished(await send())).state, 'done')
    },
  )
  process.off('warning', note)
  assert.deepEqual(warnings, [])
})

test('bad input fails at once, with our code', async () => {
  let tries = 0
  await withConsumer(
    async () => {
      tries++
      throw new OneclassError('IMAGE_UNREADABLE', 'a.jpg is no image.')
    },
    async () => {
      const view = await finished(await send())
      assert.equal(view.state, 'failed')
      assert.deepEqual(view.error, { code: 'IMAGE_UNREADABLE', message: 'a.jpg is no image.' })
      assert.equal(tries, 1)
    },
  )
})

test('a fault is tried again; what it says stays inside', async () => {
  let tries = 0
  const faults: string[] = []
  await withConsumer(
    async () => {
      if (++tries < 3) throw new Error('secret path /home/x')
      return scoredImage('fine')
    },
    async () => {
      assert.deepEqual((await finished(await send())).result, scoredImage('fine'))
      assert.equal(tries, 3)
    },
    { onFault: ({ error }) => faults.push(error.message) },
  )
  assert.deepEqual(faults, ['secret path /home/x', 'secret path /home/x'])
  await withConsumer(
    async () => {
      throw new Error('secret path /home/x')
    },
    async () => {
      const view = await finished(await send())
      assert.equal(view.error?.code, 'INTERNAL')
      assert.doesNotMatch(JSON.stringify(view), /secret/)
    },
  )
})

test('data that has not the form of the job is never handled', async () => {
  let handled = 0
  await withConsumer(
    async () => handled++,
    async () => {
      const id = newJobId('classify')
      await producer.queues.get('classify')!.add('classify', { image: 1, blob: '../etc' }, { jobId: id })
      assert.equal((await finished(id)).error?.code, 'INVALID_ARGUMENT')
      assert.equal(handled, 0)
    },
  )
})

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

test('the same id is the same job; a full queue refuses', async () => {
  const id = await send()
  await producer.add('classify', id, data)
  assert.equal((await producer.counts()).classify.waiting, 1)
  for (let i = 0; i < 4; i++) await send()
  await assert.rejects(send(), { code: 'QUEUE_FULL' })
})

test('ids tell their type, and nothing else is an id', () => {
  assert.equal(typeOfJob(newJobId('fit')), 'fit')
  assert.notEqual(newJobId('batch'), newJobId('batch'))
  for (const bad of ['', 'chunk-00000000-0000-0000-0000-000000000000', 'classify-1', '../x'])
    assert.equal(typeOfJob(bad), undefined)
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
