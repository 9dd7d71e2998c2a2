/**
 * A batch of 10,000 images while workers are killed and Redis is restarted, against the same batch undisturbed, bit for bit.
 * By hand: `node dist/test/chaos/batch.js [IMAGES=10000] [KILLS=10]`. It runs from a copy of the build, so that a rebuild
 * changes nothing. Prints one JSON object; lines that differ are printed and kept in two files. Exit status 1 when a result
 * is missing, is there twice or differs. Speed is measured elsewhere (`bench/service.ts`).
 */
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { photo } from '../../bench/photos.ts'
import { startServing } from '../../src/cli/start-serving.ts'
import { createClient } from '../../src/client.ts'
import { createRandom } from '../../src/core/random.ts'
import { freezeBuild } from '../support/frozen.ts'
import { startTestRedis } from '../support/redis.ts'

const [frozen, ...args] = process.argv[2] === 'frozen' ? process.argv.slice(2) : ['', ...process.argv.slice(2)]
const images = Number(args[0] ?? 10_000)
const kills = Number(args[1] ?? 10)
const base = await mkdtemp(join(tmpdir(), 'oneclass-chaos-'))

try {
  process.exitCode = frozen === 'frozen' ? await runChaos() : await runFrozen()
} finally {
  await rm(base, { recursive: true, force: true })
}

async function runFrozen(): Promise<number> {
  const dist = await freezeBuild(join(base, 'build'))
  const child = spawn(process.execPath, [join(dist, 'test/chaos/batch.js'), 'frozen', ...args], { stdio: 'inherit' })
  return await new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)))
}

async function runChaos(): Promise<number> {
  const root = join(base, 'served')
  await mkdir(join(root, 'batch'), { recursive: true })
  const drawn = await Promise.all(Array.from({ length: 200 }, (_, i) => photo(i)))
  for (let i = 0; i < images; i++) await writeFile(join(root, 'batch', `${i}.jpg`), drawn[i % drawn.length]!)
  const redis = await startTestRedis()
  const serving = await startServing({
    home: join(base, 'home'),
    host: '127.0.0.1',
    port: 0,
    redisUrl: redis.url,
    workers: 2,
    roots: [root],
    allowUrl: false,
    logLevel: 'silent',
    searchPath: process.env['PATH'] ?? '',
  })
  try {
    const client = createClient(serving.address)
    const train = drawn.map((bytes, i) => ({ name: `${i}.jpg`, bytes }))
    const fit = await client.finished((await client.fit('photos', train)).id)
    if (fit.state !== 'done') throw new Error(`no model: ${JSON.stringify(fit.error)}`)

    const quietStart = performance.now()
    const quiet = await client.results((await client.batchFolder('photos', join(root, 'batch'))).id)
    const span = performance.now() - quietStart

    const batch = await client.batchFolder('photos', join(root, 'batch'))
    const random = createRandom(1)
    let killed = 0
    let isDone = false
    const fireStart = performance.now()
    const trouble = (async () => {
      for (let i = 0; i < kills; i++) {
        await new Promise((resolve) => setTimeout(resolve, span / (kills + 2)))
        if (isDone) return
        const pids = serving.workerPids()
        if (pids.length > 0) {
          process.kill(pids[random.int(pids.length)]!, 'SIGKILL')
          killed++
        }
        if (i === Math.floor(kills / 2)) process.kill(redis.pid(), 'SIGTERM')
      }
    })()
    const fire = await client.results(batch.id)
    isDone = true
    const fireMs = performance.now() - fireStart
    await trouble
    const view = await client.job(batch.id)

    const expected = new Map(quiet.map((line) => [line.image, JSON.stringify(line)]))
    const differences = fire
      .map((line) => ({ disturbed: JSON.stringify(line), undisturbed: expected.get(line.image) }))
      .filter(({ disturbed, undisturbed }) => disturbed !== undisturbed)
    const distinct = new Set(fire.map(({ image }) => image)).size
    let kept: string | undefined
    if (differences.length > 0) {
      kept = await mkdtemp(join(tmpdir(), 'oneclass-chaos-lines-'))
      const text = (lines: readonly unknown[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('')
      await writeFile(join(kept, 'undisturbed.jsonl'), text(quiet))
      await writeFile(join(kept, 'disturbed.jsonl'), text(fire))
    }
    const report = {
      images,
      undisturbed: { results: quiet.length, distinct: expected.size, seconds: Math.round(span / 100) / 10 },
      underFire: {
        workersKilled: killed,
        redisRestarts: 1,
        results: fire.length,
        distinct,
        counted: view.progress.done,
        different: differences.length,
        seconds: Math.round(fireMs / 100) / 10,
      },
      differences: differences.slice(0, 20),
      ...(kept === undefined ? {} : { linesIn: kept }),
    }
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
    const isWhole = fire.length === images && distinct === images && quiet.length === images && expected.size === images
    return isWhole && differences.length === 0 ? 0 : 1
  } finally {
    await serving.stop()
    await redis.end()
  }
}
