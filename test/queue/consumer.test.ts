/** A job and its worker: done, failed, tried again, refused; one id, one job. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OneclassError } from '../../src/errors.ts'
import { newJobId, typeOfJob } from '../../src/queue/jobs.ts'
import { data, finished, producer, send, withConsumer } from '../support/queue.ts'
import { scoredImage } from '../support/stand-in-worker.ts'

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
