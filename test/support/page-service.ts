/** A service with one worker, a small network and a folder of drawn images: what the tests of the page's requests stand on. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { type Serving, startServing } from '../../src/cli/start-serving.ts'
import { createClient, type Model, type OneclassClient } from '../../src/client.ts'
import { createRandom } from '../../src/core/random.ts'
import { addSmallNetwork } from './small-network.ts'

export interface FitResult {
  readonly model: Model
  readonly used: number
  readonly rejected: readonly { image: string }[]
}

export interface PageService {
  readonly serving: Serving
  readonly client: OneclassClient
  readonly home: string
  /** Served; below it `batch/` with `00.jpg` to `39.jpg`: discs at even numbers, squares at odd ones, 07 is no image. */
  readonly root: string
  url(path: string): string
  json(path: string, body: unknown, method?: string): Promise<Response>
  read<T>(path: string): Promise<T>
  /** Status and code of a refusal. */
  codeOf(response: Response): Promise<string>
  /** The result of a fit that must end well. */
  fitted(response: Response | Promise<Response>): Promise<FitResult>
  stop(): Promise<void>
}

/** A disc on noise (positive) or a square; 150 x 100. */
export async function draw(seed: number, positive = true): Promise<Buffer> {
  const random = createRandom(seed)
  const [x, y, r] = [50 + random.int(40), 40 + random.int(20), 22 + random.int(8)]
  const shape = positive
    ? `<circle cx="${x}" cy="${y}" r="${r}" fill="rgb(200,${60 + random.int(40)},40)"/>`
    : `<rect x="${random.int(50)}" y="${random.int(30)}" width="${40 + random.int(40)}" height="${30 + random.int(40)}" fill="rgb(20,${random.int(255)},230)"/>`
  const noise = Buffer.from(Uint8Array.from({ length: 150 * 100 * 3 }, () => 100 + random.int(60)))
  return await sharp(noise, { raw: { width: 150, height: 100, channels: 3 } })
    .composite([
      { input: Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="150" height="100">${shape}</svg>`) },
    ])
    .jpeg()
    .toBuffer()
}

export const image = async (seed: number, positive = true) => ({
  name: `${seed}.jpg`,
  bytes: await draw(seed, positive),
})
export const images = (from: number, count: number) =>
  Promise.all(Array.from({ length: count }, (_, i) => image(from + i)))

export async function startPageService(): Promise<PageService> {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'oneclass-page-')))
  const [home, root] = [join(base, 'home'), join(base, 'served')]
  await mkdir(join(root, 'batch'), { recursive: true })
  for (let i = 0; i < 40; i++)
    await writeFile(
      join(root, 'batch', `${String(i).padStart(2, '0')}.jpg`),
      i === 7 ? 'no image' : await draw(1000 + i, i % 2 === 0),
    )
  await addSmallNetwork(home)
  const serving = await startServing({
    home,
    host: '127.0.0.1',
    port: 0,
    redisUrl: undefined,
    workers: 1,
    roots: [root],
    allowUrl: false,
    logLevel: 'error',
    searchPath: process.env['PATH'] ?? '',
  })
  const client = createClient(serving.address)
  const url = (path: string) => `${serving.address}${path}`
  return {
    serving,
    client,
    home,
    root,
    url,
    json: (path, body, method = 'POST') =>
      fetch(url(path), { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    read: async <T>(path: string) => (await (await fetch(url(path))).json()) as T,
    codeOf: async (response) => `${response.status} ${((await response.json()) as { code: string }).code}`,
    async fitted(response) {
      const created = await response
      assert.equal(created.status, 202, await created.clone().text())
      const done = await client.finished(((await created.json()) as { id: string }).id)
      assert.equal(done.state, 'done', JSON.stringify(done.error))
      return done.result as FitResult
    },
    async stop() {
      await serving.stop()
      await rm(base, { recursive: true, force: true })
    },
  }
}
