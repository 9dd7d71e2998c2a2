/**
 * Sends hostile files to a real `serve`, all of them twice: in batches, and one by one. Each must get a result or an error
 * with a code that blames the file, in time; nothing may die; memory stays bounded. Returns what was seen, and what was wrong.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { type ClientImage, createClient } from '../../src/client.ts'
import { createRandom } from '../../src/core/random.ts'
import { noise } from '../support/image-files.ts'
import { memoryOf, startServeProcess } from '../support/serve-process.ts'
import { type HostileFile, hostileFiles } from './hostile-images.ts'

export interface HostileReport {
  readonly files: number
  readonly megabytes: number
  readonly seconds: number
  /** Outcomes of single requests: `result`, or a code. */
  readonly outcomes: Record<string, number>
  /** Milliseconds of single requests, and the slowest kinds. */
  readonly slowest: readonly { readonly kind: string; readonly ms: number }[]
  /** MiB: before, at most, and at the end, of each process. */
  readonly memory: Record<string, { before: number; peak: number; after: number }>
  /** What must not be. Empty: all is well. */
  readonly wrong: readonly string[]
}

export interface HostileOptions {
  readonly count: number
  readonly seed: number
  readonly size: 'full' | 'small'
  readonly workers: number
  /** MiB that no process may exceed. */
  readonly maxMebi: number
  /** Milliseconds for one file. */
  readonly maxMs: number
}

/** Codes that say that the file is at fault. */
const blames = /^IMAGE_(UNREADABLE|UNSUPPORTED|TOO_LARGE)$/

export async function runHostileFiles(options: HostileOptions): Promise<HostileReport> {
  const files = await hostileFiles(options.count, options.seed, options.size)
  const home = await mkdtemp(join(tmpdir(), 'oneclass-hostile-'))
  const wrong: string[] = []
  const started = performance.now()
  const serve = await startServeProcess({ home, args: ['--workers', String(options.workers)] })
  try {
    const client = createClient(serve.address)
    const fit = await client.finished((await client.fit('noise', await positives())).id)
    if (fit.state !== 'done') throw new Error(`no model: ${JSON.stringify(fit.error)}`)

    const workers = serve.workerPids()
    const redis = serve.redisPid()
    const named: [string, number][] = [
      ['api', serve.pid],
      ...workers.map((pid, i): [string, number] => [`worker ${i + 1}`, pid]),
    ]
    if (redis !== undefined) named.push(['redis', redis])
    const before = named.map(([, pid]) => memoryOf(pid)?.now ?? 0)

    const inBatches = await sendBatches(serve.address, files, wrong)
    const { outcomes, slowest } = await sendSingly(serve.address, files, inBatches, options, wrong)

    const died = workers.filter((pid) => !serve.workerPids().includes(pid))
    if (died.length > 0) wrong.push(`${died.length} of ${workers.length} workers died`)
    if (serve.redisPid() !== redis) wrong.push('Redis died')
    for (const line of serve.log)
      if (/"level":"(error|fatal)"|worker ended/.test(line)) wrong.push(`log: ${line.slice(0, 300)}`)
    const memory: Record<string, { before: number; peak: number; after: number }> = {}
    for (const [i, [name, pid]] of named.entries()) {
      const found = memoryOf(pid)
      if (found === undefined) continue
      memory[name] = { before: before[i]!, peak: found.peak, after: found.now }
      if (found.peak > options.maxMebi) wrong.push(`${name} took ${found.peak} MiB`)
    }
    if ((await fetch(`${serve.address}/readyz`)).status !== 200) wrong.push('not ready afterwards')
    return {
      files: files.length,
      megabytes: Math.round(files.reduce((sum, { bytes }) => sum + bytes.length, 0) / 1e6),
      seconds: Math.round((performance.now() - started) / 1000),
      outcomes,
      slowest,
      memory,
      wrong,
    }
  } finally {
    const code = await serve.stop()
    if (code !== 0) wrong.push(`serve ended with ${code}`)
    await rm(home, { recursive: true, force: true })
  }
}

/** An outcome in a few words, the same for the same outcome: the score to its last digit, or the code. */
function outcomeOf(line: { error?: { code: string }; score?: number }): string {
  if (line.error) return line.error.code
  const { score } = line
  return typeof score === 'number' && score >= 0 && score <= 1
    ? `result ${score}`
    : `no result: ${JSON.stringify(line)}`
}

/** Of longer names the service may cut the beginning. */
const longName = 200

/** Outcomes by file: in a batch the name that the service made of a file's name is not known, the number of lines is. */
async function sendBatches(address: string, files: readonly HostileFile[], wrong: string[]): Promise<string[]> {
  const client = createClient(address)
  const outcomes = new Array<string>(files.length).fill('')
  for (let from = 0; from < files.length; from += 100) {
    const some = files.slice(from, from + 100)
    // with the number in each name, lines find back to their files (folders before it are kept; of a long name the end is)
    const images = some.map(
      ({ name, bytes }, i): ClientImage => ({
        name: name.length > longName ? `${name}_${from + i}` : name.replace(/([^/\\]*)$/, `${from + i}_$1`),
        bytes,
      }),
    )
    const { id } = await client.batch('noise', images)
    const lines = (await client.results(id)) as { image: string; error?: { code: string }; score?: number }[]
    if (lines.length !== some.length) wrong.push(`batch at ${from}: ${lines.length} results of ${some.length}`)
    for (const line of lines) {
      const found = /(?:^|\/)(\d+)_[^/]*$|_(\d+)$/.exec(line.image)
      const index = Number(found?.[1] ?? found?.[2])
      if (outcomes[index] !== '') wrong.push(`${line.image}: two results`)
      outcomes[index] = outcomeOf(line)
    }
  }
  return outcomes
}

async function sendSingly(
  address: string,
  files: readonly HostileFile[],
  inBatches: readonly string[],
  options: HostileOptions,
  wrong: string[],
): Promise<Pick<HostileReport, 'outcomes' | 'slowest'>> {
  const outcomes: Record<string, number> = {}
  const times: { kind: string; ms: number }[] = []
  let next = 0
  const send = async (): Promise<void> => {
    for (let i = next++; i < files.length; i = next++) {
      const { kind, name, bytes } = files[i]!
      const form = new FormData()
      form.append('image', new Blob([bytes as Uint8Array<ArrayBuffer>]), name)
      const started = performance.now()
      try {
        const response = await fetch(`${address}/v1/models/noise/classify?wait=60`, {
          method: 'POST',
          body: form,
          signal: AbortSignal.timeout(90_000),
        })
        const body = (await response.json()) as { code?: string; score?: number; detail?: string }
        const outcome = response.ok ? outcomeOf(body) : String(body.code)
        const word = outcome.split(' ')[0]!
        outcomes[word] = (outcomes[word] ?? 0) + 1
        if (word !== 'result' && !blames.test(word))
          wrong.push(`${kind} (${i}): ${response.status} ${JSON.stringify(body)}`)
        if (outcome !== inBatches[i]) wrong.push(`${kind} (${i}): ${outcome} alone, ${inBatches[i]} in a batch`)
      } catch (error) {
        wrong.push(`${kind} (${i}): ${error}`)
      }
      const ms = Math.round(performance.now() - started)
      times.push({ kind, ms })
      if (ms > options.maxMs) wrong.push(`${kind} (${i}): ${ms} ms`)
    }
  }
  await Promise.all([send(), send(), send(), send()])
  return { outcomes, slowest: times.sort((a, b) => b.ms - a.ms).slice(0, 8) }
}

export async function positives(): Promise<{ name: string; bytes: Uint8Array }[]> {
  const random = createRandom(4)
  return await Promise.all(
    Array.from({ length: 40 }, async (_, i) => ({
      name: `${i}.jpg`,
      bytes: await sharp(noise(12 * 9 * 3, random.int(1e6)), { raw: { width: 12, height: 9, channels: 3 } })
        .resize(96, 72)
        .jpeg()
        .toBuffer(),
    })),
  )
}
