/**
 * A batch of very many images streams: the service's memory does not grow with their number, it goes on after a SIGKILL, and each name has
 * exactly one result. A stand-in takes the worker's part, so that names, bytes, queue and results are what is measured.
 *
 *   node dist/test/chaos/large-batch.js [IMAGES=300000] [folder|bucket]
 *
 * Prints one JSON object; the exit status is 1 when a name is missing or there twice, or the service had more than 512 MiB.
 */
import { link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '../../src/client.ts'
import { matrix } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'
import { fitFeatures } from '../../src/pipeline/fit-features.ts'
import { startPrivateRedis } from '../../src/service/private-redis.ts'
import { openRegistry } from '../../src/store/registry.ts'
import { startS3Server } from '../support/s3-server.ts'
import { memoryOf, type ServeProcess, startServeProcess } from '../support/serve-process.ts'
import { startStandIn } from '../support/stand-in-worker.ts'

const images = Number(process.argv[2] ?? 300_000)
const kind = process.argv[3] ?? 'folder'
const mostMiB = 512
/** Names for one file: file systems bound how often a file may be linked. */
const linksOfOne = 30_000

const nameOf = (i: number): string => `${Math.floor(i / 100_000)}/${String(i).padStart(9, '0')}.jpg`
const base = await mkdtemp(join(tmpdir(), 'oneclass-large-'))
try {
  process.exitCode = await run()
} finally {
  await rm(base, { recursive: true, force: true })
}

async function run(): Promise<number> {
  const [home, root] = [join(base, 'home'), join(base, 'served')]
  await makeModel(home)
  await mkdir(root)
  const store = await startS3Server()
  // keys that are nowhere in memory: each is made when it is listed
  store.buckets.set('photos', { keys: laterKeys, get: () => Buffer.from('small'), put: () => {} })
  if (kind === 'folder') await makeFiles(root)
  const redis = await startPrivateRedis({
    folder: join(base, 'redis'),
    searchPath: process.env['PATH'] ?? '',
    maxMemoryMb: 4096,
  })
  const worker = await startStandIn(redis.url)
  const env = { ...store.env(), REDIS_URL: redis.url, ONECLASS_LOG: 'error' }
  const roots = ['--root', root, '--root', 's3://photos']
  const start = (): Promise<ServeProcess> => startServeProcess({ home, args: ['--workers', '0', ...roots], env })
  let service = await start()
  let client = createClient(service.address)
  const begin = performance.now()
  const { id } = await client.batchFolder('thing', kind === 'folder' ? root : 's3://photos')
  const firstAnswer = performance.now() - begin
  const memory: { done: number; now: number }[] = []
  let peak = 0
  let isKilled = false
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const { state, progress, error } = await client.job(id)
    const seen = memoryOf(service.pid)
    peak = Math.max(peak, seen?.peak ?? 0)
    if (progress.done >= ((memory.length + 1) * images) / 10) memory.push({ done: progress.done, now: seen?.now ?? 0 })
    if (state === 'done') break
    if (state === 'failed') throw new Error(JSON.stringify(error))
    if (isKilled || progress.done < images / 2) continue
    isKilled = true
    process.kill(service.pid, 'SIGKILL')
    service = await start()
    client = createClient(service.address)
  }
  const seconds = (performance.now() - begin) / 1000
  const names = new Set<string>()
  let lines = 0
  for await (const line of client.stream(id)) {
    lines++
    names.add(line.image)
  }
  peak = Math.max(peak, memoryOf(service.pid)?.peak ?? 0)
  const sentTwice = [...worker.seen.values()].filter((times) => times > 1).length
  const result = {
    kind,
    images,
    firstAnswerMs: Math.round(firstAnswer),
    seconds: Math.round(seconds),
    imagesPerSecond: Math.round(images / seconds),
    lines,
    names: names.size,
    sentTwice,
    memoryMiB: memory,
    peakMiB: peak,
  }
  console.log(JSON.stringify(result))
  await service.stop()
  await worker.stop()
  await redis.stop()
  await store.close()
  return lines === images && names.size === images && peak < mostMiB ? 0 : 1
}

/** One that no worker could use: its backbone is an invention. */
async function makeModel(home: string): Promise<void> {
  const random = createRandom(1)
  const rows = Float64Array.from({ length: 30 * 8 }, () => 1 + random.next())
  const artifact = await fitFeatures(matrix(30, 8, rows), { seed: 1 })
  await openRegistry(home).save('thing', { ...artifact, backbone: { id: 'none', hash: '0'.repeat(64) } })
}

async function makeFiles(root: string): Promise<void> {
  let first = ''
  for (let i = 0; i < images; i++) {
    const path = join(root, nameOf(i))
    if (i % 100_000 === 0) await mkdir(join(root, String(i / 100_000)))
    if (i % linksOfOne === 0) {
      first = path
      await writeFile(path, 'small')
    } else await link(first, path)
  }
}

function laterKeys(prefix: string, after: string, most: number): string[] {
  const from = after === '' ? 0 : Number(/(\d+)\.jpg$/.exec(after)?.[1]) + 1
  return Array.from({ length: Math.max(0, Math.min(most, images - from)) }, (_, i) => nameOf(from + i)).filter((key) =>
    key.startsWith(prefix),
  )
}
