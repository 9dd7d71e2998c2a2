import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startTestApi, type TestApi } from '../support/api.ts'

let api: TestApi
before(async () => {
  api = await startTestApi({ maxImageBytes: 1000 })
})
after(() => api.end())

test('an image of a folder that cannot be read goes to the comparison with its own code', async () => {
  for (const part of ['train', 'test']) {
    await mkdir(join(api.root, part, 'positive'), { recursive: true })
    await writeFile(join(api.root, part, 'positive', 'a.jpg'), 'x')
  }
  await writeFile(join(api.root, 'train', 'positive', 'large.jpg'), 'x'.repeat(2000))
  await writeFile(join(api.root, 'train', 'positive', 'notes.txt'), 'text')
  const asked = await api.json('/v1/comparisons', { train: join(api.root, 'train'), test: join(api.root, 'test') })
  assert.equal(asked.status, 202)
  const { id } = (await asked.json()) as { id: string }
  const { producer } = api.service
  const job = await producer.queues.get('compare')!.getJob(id)
  const { skipped } = job!.data as { skipped: unknown }
  assert.deepEqual(skipped, [{ reason: 'not an image', count: 1, examples: ['notes.txt'] }])
  const list = (await producer.blobs.get((job!.data as { list: string }).list))!.toString()
  const files = JSON.parse(list) as { image: string; blob?: string; error?: { code: string; message: string } }[]
  assert.deepEqual(
    files.map(({ image, blob, error }) => [image, blob === undefined, error?.code]),
    [
      ['trainPositive/a.jpg', false, undefined],
      ['trainPositive/large.jpg', true, 'IMAGE_TOO_LARGE'],
      ['testPositive/a.jpg', false, undefined],
    ],
  )
  await producer.cancel(id) // what waits goes away with its images
  assert.equal(await producer.blobs.bytesStored(), 0)
})
