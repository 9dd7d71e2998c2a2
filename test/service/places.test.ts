/** Folders and buckets as batches read them: names page by page, below the roots only, however they go on. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { namesInBlocks } from '../../src/images/collect.ts'
import { countSkipped } from '../../src/images/left-out.ts'
import { withOwnMark } from '../../src/images/own-picture.ts'
import { type Known, openPlaces, type Places } from '../../src/service/places.ts'
import { parseS3 } from '../../src/system/s3/address.ts'
import { openS3, type S3Client } from '../../src/system/s3/client.ts'
import { memoryBucket, type S3Server, s3Access, startS3Server } from '../support/s3-server.ts'

let server: S3Server
let s3: S3Client
let places: Places
let root: string
const bucket = memoryBucket()
before(async () => {
  server = await startS3Server()
  server.buckets.set('photos', bucket)
  const { accessKeyId, secretAccessKey, region } = s3Access
  s3 = openS3({ credentials: { accessKeyId, secretAccessKey }, region, endpoint: server.endpoint, pauseMs: 1 })
  root = await realpath(await mkdtemp(join(tmpdir(), 'oneclass-places-')))
  places = openPlaces({ folders: [root], prefixes: [parseS3('s3://photos/in')], s3, maxImageBytes: 1000 })
})
after(async () => {
  await s3.close()
  await server.close()
  await rm(root, { recursive: true })
})

const all = async (folder: string, known?: Known): Promise<string[]> => {
  const names: string[] = []
  for await (const page of places.list(folder, known)) names.push(...page.names)
  return names
}
const png = Buffer.from('89504e470d0a1a0a00', 'hex')

test('a prefix is read by the rules for folders: endings, contents, hidden and system files, odd keys', async () => {
  const images = ['a.jpg', 'sub/b.PNG', 'x//c.webp', 'ü (1).jpeg', 'photo.heic', '../up.jpg', 'no-ending', 'page.php']
  for (const key of images)
    bucket.set(`in/${key}`, key.startsWith('no') || key.endsWith('php') ? png : Buffer.from(key))
  for (const key of [
    '',
    'sub/',
    'a.json',
    'film.mp4',
    '.hidden.jpg',
    '@eaDir/a.jpg',
    'sub/.x/b.jpg',
    'README',
    'why/a.heatmap.png',
    'a.jpg~',
    'THMBNL/a.jpg',
    'empty',
  ])
    bucket.set(`in/${key}`, Buffer.from(key === 'README' ? 'text' : ''))
  bucket.set('in/why/a.heatmap.png', Buffer.from(withOwnMark(Buffer.concat([png, Buffer.alloc(24)]))))
  bucket.set('in-others/z.jpg', png)
  const before = server.requests.length
  const { images: found, skipped } = await places.listAll(await places.resolve('s3://photos/in'), 100)
  assert.deepEqual(found.sort(), [...images].sort())
  assert.deepEqual(Object.fromEntries(skipped.map(({ reason, count }) => [reason, count])), {
    'not an image': 3,
    video: 1,
    hidden: 2,
    'system files': 2,
    'backup or unfinished': 1,
    'made by oneclass': 1,
  })
  assert.equal(server.requests.length - before, 6, 'one page, a look at four without a known ending and at a heat map')
  assert.equal((await places.read('s3://photos/in/', 'ü (1).jpeg')).toString(), 'ü (1).jpeg')
  assert.equal((await places.readOne('s3://photos/in/sub/b.PNG')).toString(), 'sub/b.PNG')
  await assert.rejects(places.read('s3://photos/in/', '../up.jpg'), { code: 'IMAGE_NOT_FOUND', message: /rename/ })
  await assert.rejects(places.listAll('s3://photos/in/', 3), { code: 'INVALID_ARGUMENT' })
})

test('nothing outside of the roots, and one answer for all of it', async () => {
  for (const folder of ['s3://photos', 's3://photos/in-others', 's3://other/in', 's3://photos/in/../in-others'])
    await assert.rejects(places.resolve(folder), { code: /PATH_NOT_ALLOWED|INVALID_ARGUMENT/ }, folder)
  await assert.rejects(places.readOne('s3://photos/in-others/z.jpg'), { code: 'PATH_NOT_ALLOWED' })
  await assert.rejects(all('s3://photos/'), { code: 'PATH_NOT_ALLOWED' })
  const none = openPlaces({ folders: [root], prefixes: [], maxImageBytes: 1 })
  await assert.rejects(none.resolve('s3://photos/in'), { code: 'PATH_NOT_ALLOWED', message: /--root s3:/ })
})

test('a listing goes on behind what is known, also when keys come and go meanwhile', async () => {
  for (let i = 0; i < 2500; i++) bucket.set(`in/many/${String(i).padStart(5, '0')}.jpg`, png)
  const folder = await places.resolve('s3://photos/in/many')
  const names = await all(folder)
  assert.equal(names.length, 2500)
  const pages: number[] = []
  for await (const page of places.list(folder)) pages.push(page.names.length)
  assert.deepEqual(pages, [1000, 1000, 500])
  bucket.delete('in/many/01500.jpg')
  bucket.delete('in/many/02000.jpg')
  bucket.set('in/many/00000-new.jpg', png)
  const known = { last: names[1500]!, all: async () => assert.fail('a store needs no more than the last name') }
  assert.deepEqual(
    await all(folder, known),
    names.slice(1501).filter((name) => name !== '02000.jpg'),
  )
  const first = await places.begin(folder, 10_000)
  assert.deepEqual([first.images.length, first.isOpen], [1000, true])
})

test('pages that lead in circles are refused, not read without end', { timeout: 20_000 }, async (t) => {
  t.after(() => {
    server.fault = () => undefined
  })
  let asked = 0
  server.fault = () => ({
    status: 200,
    body: `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>${asked++ % 2}</NextContinuationToken></ListBucketResult>`,
  })
  await assert.rejects(all('s3://photos/in/'), { code: 'STORAGE_REFUSED', message: /the same page again/ })
  assert.equal(asked, 3)
})

test('a folder of the disk comes in blocks, each name once, and goes on where it stopped', async () => {
  const folder = join(root, 'large')
  await mkdir(join(folder, 'inner', 'deep'), { recursive: true })
  const expected: string[] = []
  for (let i = 0; i < 40; i++) {
    const name = `${i % 3 === 0 ? 'inner/' : i % 5 === 0 ? 'inner/deep/' : ''}${i}.jpg`
    expected.push(name)
    await writeFile(join(folder, name), '')
  }
  await symlink(join(folder, 'inner'), join(folder, 'a-link'))
  await symlink('/etc', join(folder, 'out'))
  const blocks: string[][] = []
  for await (const block of namesInBlocks(folder, root, countSkipped(), 7)) blocks.push(block)
  assert.ok(blocks.length > 3 && blocks.every((block) => block.length < 20), String(blocks.map((b) => b.length)))
  const plain = (name: string) => name.replace('a-link/', 'inner/')
  assert.deepEqual(blocks.flat().map(plain).sort(), expected.sort())
  const known = { last: 'any', all: async () => expected.slice(0, 10) }
  assert.deepEqual((await all(folder, known)).sort(), expected.slice(10))
  assert.deepEqual(await places.begin(folder, 100), { images: expected, isOpen: false }, 'a small one is sorted')
  await mkdir(join(root, 'none'))
  await writeFile(join(root, 'none', 'a.txt'), 'text')
  await assert.rejects(places.begin(join(root, 'none'), 100), { code: 'FOLDER_EMPTY', message: /left out 1 entry/ })
})
