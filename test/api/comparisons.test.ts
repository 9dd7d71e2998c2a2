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
      ['train/positive/a.jpg', false, undefined],
      ['train/positive/large.jpg', true, 'IMAGE_TOO_LARGE'],
      ['test/positive/a.jpg', false, undefined],
    ],
  )
  await producer.cancel(id) // what waits goes away with its images
  assert.equal(await producer.blobs.bytesStored(), 0)
})

test('folders are found as the command line finds them: good and bad beside masks', async () => {
  const folder = (name: string) => join(api.root, 'parts', name)
  for (const name of ['good', 'bad', 'masks', 'empty']) await mkdir(folder(name), { recursive: true })
  for (const name of ['good/a.jpg', 'good/b.jpg', 'bad/a.jpg', 'masks/a.png']) await writeFile(folder(name), 'x')
  const parts = { train: join(api.root, 'parts'), test: join(api.root, 'parts') }
  const asked = await api.json('/v1/comparisons', parts)
  assert.equal(asked.status, 202)
  const { id } = (await asked.json()) as { id: string }
  const { producer } = api.service
  const { list, notes } = (await producer.queues.get('compare')!.getJob(id))!.data as { list: string; notes: string[] }
  assert.match(notes.join(' '), /Of train: 1 image is left out, .*: masks \(beside good\)\. Of test: 1 image/)
  const files = JSON.parse((await producer.blobs.get(list))!.toString()) as { split: string; image: string }[]
  assert.deepEqual(files.map(({ split, image }) => `${split} ${image}`).slice(0, 3), [
    'trainNegative train/bad/a.jpg',
    'trainPositive train/good/a.jpg',
    'trainPositive train/good/b.jpg',
  ])
  await producer.cancel(id)
  const refused = await api.json('/v1/comparisons', { ...parts, test: folder('good') })
  const { detail } = (await refused.json()) as { detail: string }
  assert.match(detail, /good" has no folder of positives: expected positive\/ and negative\/, or good\/ and bad\//)
})
