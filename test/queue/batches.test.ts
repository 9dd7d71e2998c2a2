import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBatchStore } from '../../src/queue/batches.ts'
import { newJobId } from '../../src/queue/jobs.ts'
import { client } from '../support/redis-client.ts'

const batches = createBatchStore(client)

const model = { label: 'm@1', sha256: 'a'.repeat(64), alpha: 0.05 }
const textOf = (index: number, message = 'no') =>
  JSON.stringify({ image: `${index}.jpg`, index, error: { code: 'IMAGE_UNREADABLE', message } })
const line = (index: number, text = textOf(index)) => ({ index, isError: index % 5 === 0, line: text })

async function newBatch(total: number): Promise<string> {
  const id = newJobId('batch')
  const record = {
    id,
    isOpen: false,
    model,
    chunkSize: 4,
    folder: null,
    origin: 'here',
    createdAt: new Date().toISOString(),
  }
  assert.equal(
    await batches.create(
      record,
      Array.from({ length: total }, (_, i) => `${i}.jpg`),
    ),
    true,
  )
  assert.equal(await batches.create(record, ['other']), false)
  return id
}

test('each result once, whoever writes it and how often, even at the same time', async () => {
  const id = await newBatch(50)
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let from = 0; from < 50; from += 5) {
      await batches.commit(
        id,
        [0, 1, 2, 3, 4].map((i) => line(from + i, textOf(from + i, `by ${writer}`))),
      )
    }
  })
  await Promise.all(writers)
  const lines = await batches.lines(id, 0, 1000)
  assert.equal(lines.length, 50)
  assert.equal(new Set(lines.map((text) => (JSON.parse(text) as { index: number }).index)).size, 50)
  const batch = await batches.read(id)
  assert.equal(batch?.done, 50)
  assert.equal(batch?.errors, 10)
  assert.equal(batch?.state, 'done')
  assert.ok(batch?.finishedAt)
})

test('state, what is missing, and the order of arrival', async () => {
  const id = await newBatch(4)
  assert.equal((await batches.read(id))?.state, 'queued')
  assert.equal(await batches.commit(id, [line(2)]), 'running')
  assert.deepEqual(await batches.missing(id, [0, 1, 2, 3]), [0, 1, 3])
  assert.equal(await batches.commit(id, [line(2), line(0)]), 'running')
  assert.deepEqual(await batches.lines(id, 0, 10), [textOf(2), textOf(0)])
  assert.deepEqual(await batches.lines(id, 1, 10), [textOf(0)])
  assert.equal(await batches.commit(id, [line(1), line(3)]), 'done')
  assert.deepEqual(await batches.names(id, 0, 10), ['0.jpg', '1.jpg', '2.jpg', '3.jpg'])
})

test('a cancelled batch takes no more results', async () => {
  const id = await newBatch(2)
  await batches.commit(id, [line(0)])
  assert.equal(await batches.cancel(id), true)
  assert.equal(await batches.cancel(id), false)
  assert.equal(await batches.commit(id, [line(1)]), 'cancelled')
  assert.equal((await batches.read(id))?.done, 1)
})

test('a batch that is gone', async () => {
  assert.equal(await batches.read(newJobId('batch')), undefined)
  assert.equal(await batches.commit(newJobId('batch'), [line(1)]), undefined)
  assert.deepEqual(await batches.lines(newJobId('batch'), 0, 10), [])
})
