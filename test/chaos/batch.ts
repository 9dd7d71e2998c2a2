/**
 * The 10,000-image batch under fire, and the service's speed. By hand: `node dist/test/chaos/batch.js [IMAGES] [KILLS]`.
 * Prints one JSON object; the results of a run stand in docs/operations.md.
 */
import { execFileSync } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { startServing } from '../../src/cli/serve.ts'
import { createClient } from '../../src/client.ts'
import { createRandom } from '../../src/core/random.ts'
import { embedImages } from '../../src/features/embed.ts'
import { openBackbone } from '../../src/features/registry.ts'
import { startTestRedis } from '../queue/redis.ts'

const images = Number(process.argv[2] ?? 10_000)
const kills = Number(process.argv[3] ?? 10)
const base = await mkdtemp(join(tmpdir(), 'oneclass-chaos-'))
const root = join(base, 'served')
const report: Record<string, unknown> = { images, cores: availableParallelism() }
const seconds = (since: number) => Math.round((performance.now() - since) / 10) / 100

async function draw(seed: number): Promise<Buffer> {
  const random = createRandom(seed)
  const noise = Buffer.from(Uint8Array.from({ length: 48 * 36 * 3 }, () => random.int(256)))
  return await sharp(noise, { raw: { width: 48, height: 36, channels: 3 } })
    .resize(500, 375)
    .jpeg({ quality: 85 })
    .toBuffer()
}

const options = {
  home: join(base, 'home'),
  host: '127.0.0.1',
  port: 0,
  roots: [root],
  allowUrl: false,
  logLevel: 'silent' as const,
  searchPath: process.env['PATH'] ?? '',
}

try {
  await mkdir(join(root, 'train'), { recursive: true })
  await mkdir(join(root, 'batch'))
  for (let i = 0; i < 200; i++) await writeFile(join(root, 'train', `${i}.jpg`), await draw(i))
  for (let i = 0; i < images; i++)
    await copyFile(join(root, 'train', `${i % 200}.jpg`), join(root, 'batch', `${i}.jpg`))

  // what the same cores do without a service: decode and infer, nothing else
  const bare = Array.from({ length: 800 }, (_, i) => ({ name: `${i}`, path: join(root, 'batch', `${i % images}.jpg`) }))
  const backbone = await openBackbone(undefined, { home: options.home })
  for await (const _ of embedImages(backbone, bare.slice(0, 100))) void _
  const bareStart = performance.now()
  for await (const _ of embedImages(backbone, bare)) void _
  report['bareImagesPerSecond'] = Math.round(800 / seconds(bareStart))
  const one = await openBackbone(undefined, { home: options.home, threads: 1 })
  const times: number[] = []
  for (const source of bare.slice(0, 60)) {
    const started = performance.now()
    for await (const _ of embedImages(one, [source])) void _
    times.push(performance.now() - started)
  }
  report['bareSingleMs'] = median(times)

  for (const workers of [1, 2]) {
    const redis = await startTestRedis()
    const serving = await startServing({ ...options, redisUrl: redis.url, workers })
    const client = createClient(serving.address)
    if (workers === 1) {
      const train = await Promise.all(
        Array.from({ length: 200 }, async (_, i) => ({
          name: `${i}.jpg`,
          bytes: await readFile(join(root, 'train', `${i}.jpg`)),
        })),
      )
      await client.finished((await client.fit('noise', train)).id)
    }
    const bytes = await readFile(join(root, 'batch', '1.jpg'))
    const single: number[] = []
    for (let i = 0; i < 70; i++) {
      const started = performance.now()
      await client.classify('noise', { name: '1.jpg', bytes })
      if (i >= 10) single.push(performance.now() - started)
    }
    report[`classifyMs${workers}`] = median(single)
    const some = Math.min(images, 2000)
    await mkdir(join(root, `some${workers}`), { recursive: true })
    for (let i = 0; i < some; i++)
      await copyFile(join(root, 'train', `${i % 200}.jpg`), join(root, `some${workers}`, `${i}.jpg`))
    const started = performance.now()
    await client.results((await client.batchFolder('noise', join(root, `some${workers}`))).id)
    report[`imagesPerSecond${workers}`] = Math.round((some / seconds(started)) * 10) / 10
    if (workers === 2) await underFire(serving, client, redis.pid)
    await serving.stop()
    await redis.end()
  }
} finally {
  await rm(base, { recursive: true, force: true })
}
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)

async function underFire(
  serving: Awaited<ReturnType<typeof startServing>>,
  client: ReturnType<typeof createClient>,
  redisPid: () => number,
): Promise<void> {
  const quietStart = performance.now()
  const quiet = new Map(
    (await client.results((await client.batchFolder('noise', join(root, 'batch'))).id)).map((line) => [
      line.image,
      JSON.stringify(line),
    ]),
  )
  report['undisturbedSeconds'] = seconds(quietStart)
  const span = seconds(quietStart) * 1000
  const batch = await client.batchFolder('noise', join(root, 'batch'))
  const random = createRandom(1)
  let killed = 0
  const fireStart = performance.now()
  const trouble = (async () => {
    for (let i = 0; i < kills; i++) {
      await new Promise((resolve) => setTimeout(resolve, span / (kills + 2)))
      const pids = serving.workerPids()
      if (pids.length > 0) {
        process.kill(pids[random.int(pids.length)]!, 'SIGKILL')
        killed++
      }
      if (i === Math.floor(kills / 2)) process.kill(redisPid(), 'SIGTERM')
    }
  })()
  const [lines] = await Promise.all([client.results(batch.id), trouble])
  report['underFire'] = {
    seconds: seconds(fireStart),
    killed,
    redisRestarts: 1,
    results: lines.length,
    distinct: new Set(lines.map(({ image }) => image)).size,
    differentFromUndisturbed: lines.filter((line) => quiet.get(line.image) !== JSON.stringify(line)).length,
    leftInRedisBytes: Number(
      /used_memory:(\d+)/.exec(
        execFileSync('redis-cli', ['-u', serving.redisUrl, '--no-auth-warning', 'info', 'memory'], {
          encoding: 'utf8',
        }),
      )?.[1],
    ),
  }
}

function median(values: number[]): number {
  return Math.round([...values].sort((a, b) => a - b)[values.length >> 1]! * 10) / 10
}
