import assert from 'node:assert/strict'
import test from 'node:test'
import { imagesOfBucket } from '../../src/cli/bucket-input.ts'
import { negativesAt, positivesAt } from '../../src/cli/fit-input.ts'
import { readInput } from '../../src/cli/score-input.ts'
import { readImage } from '../../src/images/read-image.ts'
import { readConfig } from '../../src/system/config.ts'
import { memoryBucket, startS3Server } from '../support/s3-server.ts'

test('score takes a prefix of a bucket, or one object; each is read when its turn comes', async (t) => {
  const server = await startS3Server()
  t.after(() => server.close())
  server.buckets.set(
    'photos',
    memoryBucket({ 'in/a.jpg': 'a', 'in/b c/d.png': 'd', 'in/x.json': '{}', 'out.jpg': 'o' }),
  )
  const config = readConfig(server.env())
  const { images, skipped } = await imagesOfBucket('s3://photos/in', undefined, config)
  assert.deepEqual(
    images.map(({ name }) => name),
    ['s3://photos/in/a.jpg', 's3://photos/in/b c/d.png'],
  )
  assert.equal(skipped[0]?.count, 1)
  assert.equal(server.requests.length, 1)
  assert.equal(Buffer.from(await readImage(images[1]!)).toString(), 'd')
  const one = await imagesOfBucket('s3://photos/in/gone.jpg', undefined, config)
  await assert.rejects(readImage(one.images[0]!), { code: 'IMAGE_NOT_FOUND' })
  await assert.rejects(imagesOfBucket('s3://photos/none', undefined, config), { code: 'FOLDER_EMPTY' })
  await assert.rejects(imagesOfBucket('s3://photos/in', undefined, readConfig({})), { code: 'INVALID_ARGUMENT' })
  // through the door of the command: what cannot be read is named
  const nothing = async () => new Uint8Array()
  await assert.rejects(readInput(['s3://photos/../x'], nothing), { code: /INVALID_ARGUMENT/ })
})

test('fit takes a prefix: of a data set its positives, each image fetched once however often it is looked at', async (t) => {
  const server = await startS3Server()
  t.after(() => server.close())
  const keys = ['in/good/a.jpg', 'in/good/b.jpg', 'in/bad/c.jpg', 'in/notes.txt']
  server.buckets.set('photos', memoryBucket(Object.fromEntries(keys.map((key) => [key, key]))))
  for (const [name, value] of Object.entries(server.env())) {
    const before = process.env[name]
    process.env[name] = value
    t.after(() => {
      if (before === undefined) delete process.env[name]
      else process.env[name] = before
    })
  }
  const found = await positivesAt('s3://photos/in', false)
  assert.deepEqual(
    found.images.map(({ name }) => name),
    ['s3://photos/in/good/a.jpg', 's3://photos/in/good/b.jpg'],
  )
  assert.match(found.note ?? '', /bad\//)
  assert.equal(found.skipped[0]?.count, 1)
  assert.equal((await positivesAt('s3://photos/in', true)).images.length, 3)
  const negatives = await negativesAt('s3://photos/in/bad')
  assert.deepEqual(typeof negatives === 'string' ? negatives : negatives.map(({ name }) => name), [
    's3://photos/in/bad/c.jpg',
  ])
  const before = server.requests.length
  for (let i = 0; i < 3; i++) assert.equal(Buffer.from(await readImage(found.images[1]!)).toString(), 'in/good/b.jpg')
  assert.equal(server.requests.length, before + 1)
})
