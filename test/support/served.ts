/** One service for the tests of `integration/serve/`, as `oneclass serve` starts it: private Redis, two worker processes, HTTP, a bucket. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import sharp from 'sharp'
import { type Serving, startServing } from '../../src/cli/start-serving.ts'
import { createClient, type OneclassClient } from '../../src/client.ts'
import { createRandom } from '../../src/core/random.ts'
import { memoryBucket, type S3Server, s3Access, startS3Server } from './s3-server.ts'

export let base: string
export let home: string
/** The folder that the service may read: `train` and `batch`. */
export let root: string
export let serving: Serving
export let client: OneclassClient
/** Of the store behind `s3://photos`. */
export const bucket = memoryBucket()
let store: S3Server

/** A disc on noise (positive) or a square. */
export async function draw(seed: number, positive = true): Promise<Buffer> {
  const random = createRandom(seed)
  const [x, y, r] = [48 + random.int(16), 48 + random.int(16), 22 + random.int(8)]
  const shape = positive
    ? `<circle cx="${x}" cy="${y}" r="${r}" fill="rgb(200,${60 + random.int(40)},40)"/>`
    : `<rect x="${random.int(50)}" y="${random.int(50)}" width="${20 + random.int(40)}" height="${20 + random.int(40)}" fill="rgb(20,${random.int(255)},230)"/>`
  const noise = Buffer.from(Uint8Array.from({ length: 112 * 112 * 3 }, () => 100 + random.int(60)))
  return await sharp(noise, { raw: { width: 112, height: 112, channels: 3 } })
    .composite([
      { input: Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="112" height="112">${shape}</svg>`) },
    ])
    .jpeg()
    .toBuffer()
}

export function options(more: object = {}) {
  return {
    home,
    host: '127.0.0.1',
    port: 0,
    redisUrl: undefined,
    workers: 2,
    roots: [root, 's3://photos/line-3'],
    s3: { credentials: s3Access, region: s3Access.region, endpoint: store.endpoint },
    allowUrl: true,
    logLevel: 'silent' as const,
    searchPath: process.env['PATH'] ?? '',
    ...more,
  }
}

before(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'oneclass-serve-')))
  home = join(base, 'home')
  root = join(base, 'served')
  await mkdir(join(root, 'batch'), { recursive: true })
  await mkdir(join(root, 'train'))
  for (let i = 0; i < 40; i++) await writeFile(join(root, 'train', `${i}.jpg`), await draw(i))
  for (let i = 0; i < 160; i++)
    await writeFile(
      join(root, 'batch', `${String(i).padStart(4, '0')}.jpg`),
      i % 60 === 7 ? 'no image' : await draw(1000 + i, i % 2 === 0),
    )
  await writeFile(join(base, 'secret.jpg'), await draw(1))
  await symlink(join(base, 'secret.jpg'), join(root, 'link.jpg'))
  store = await startS3Server()
  store.buckets.set('photos', bucket)
  process.env['ONECLASS_JOB_LOCK_MS'] = '3000'
  serving = await startServing(options())
  client = createClient(serving.address)
})
after(async () => {
  await serving?.stop()
  await store?.close()
  await rm(base, { recursive: true, force: true })
})

export const url = (path: string) => `${serving.address}${path}`
export const json = (path: string, body: unknown, method = 'POST', headers: Record<string, string> = {}) =>
  fetch(url(path), { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })

/** The code of a problem, after all that a problem must be was checked. */
export async function problem(response: Response): Promise<string> {
  const body = (await response.json()) as {
    code: string
    status: number
    title: string
    detail: string
    instance: string
  }
  assert.equal(response.headers.get('content-type')?.split(';')[0], 'application/problem+json')
  assert.equal(body.status, response.status)
  assert.ok(body.title && body.detail && body.instance)
  assert.doesNotMatch(JSON.stringify(body), /node_modules|\.ts:|\.js:|at [a-z]+ \(/)
  return body.code
}
