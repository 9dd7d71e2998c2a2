/**
 * `oneclass demo`: the whole path on images that it draws itself: fit on 200 good parts, start Redis and a worker, send a held-out mix of
 * parts, defects and other things through the queue, and say how well and how fast that went. Without a redis-server it
 * scores in this process instead, and says so.
 */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '../client.ts'
import { createRandom } from '../core/random.ts'
import { calibrationOf } from '../detectors/promise.ts'
import { OneclassError, present } from '../errors.ts'
import type { Promised } from '../evaluation/judge-model.ts'
import { type Defect, defects, renderOther, renderPart } from '../images/demo-images.ts'
import { encodeImage } from '../images/encode.ts'
import type { Pixels } from '../images/pixels.ts'
import { load } from '../library/load.ts'
import { callOnce } from '../library/thread.ts'
import { readConfig } from '../system/config.ts'
import { makeFolder } from '../system/files.ts'
import { usualAlpha } from '../wire/fit-choices.ts'
import { labelOf } from '../wire/label.ts'
import type { ImageResult } from '../wire/result.ts'
import type { Command, Io } from './command.ts'
import { demoLines } from './demo-report.ts'
import { progressLine } from './progress.ts'

const counts = { train: 200, good: 100, defect: 40, other: 30 }
const alpha = usualAlpha
const model = 'demo-part'

export const demo: Command = {
  name: 'demo',
  summary: 'See the whole path work on images that it draws itself',
  usage: 'demo',
  options: {},
  interrupted: 'what the demo has made is kept, and the next one begins anew',

  async run({ positionals, io }) {
    if (positionals.length > 0) throw new OneclassError('INVALID_ARGUMENT', '"oneclass demo" takes no arguments.')
    const folder = join(io.home, 'demo')
    const started = performance.now()
    await draw(folder, io)
    const drawn = performance.now()

    const fitting = progressLine(io, 'fitting on 200 good parts')
    const { model: info } = await callOnce(
      'fit',
      { home: io.home, name: model, positives: join(folder, 'train'), alpha, detail: 1, light: 'as-is' },
      {
        signal: io.signal,
        onProgress: (done: number, total: number, stage: 'images' | 'fitting') =>
          fitting.update(Math.floor((50 * done) / total) + (stage === 'images' ? 0 : 50), 100),
      },
    )
    fitting.end()
    const label = labelOf(info)
    const fitted = performance.now()

    const mix = join(folder, 'mix')
    let way = 'a worker over Redis'
    let results: ImageResult[]
    let seconds: number
    try {
      ;({ results, seconds } = await throughQueue(mix, label, io))
    } catch (error) {
      if (!(error instanceof OneclassError) || error.code !== 'REDIS_NOT_INSTALLED') throw error
      io.err(`note: ${error.message} Scoring in this process instead.`)
      way = 'this process (no redis-server here)'
      const from = performance.now()
      await using loaded = await load(label, { home: io.home })
      results = []
      for await (const result of loaded.scoreAll(mix, { signal: io.signal })) results.push(result)
      seconds = (performance.now() - from) / 1000
    }
    await report(
      io,
      results,
      { alpha: info.alpha, n: info.calibrationScores, method: calibrationOf(info) },
      {
        way,
        drawSeconds: (drawn - started) / 1000,
        fitSeconds: (fitted - drawn) / 1000,
        queueSeconds: seconds,
      },
    )
    return 0
  },
}

/** Draws the images that are not there from an earlier demo. */
async function draw(folder: string, io: Io): Promise<void> {
  const random = createRandom(7)
  const plan: { path: string; render: () => Pixels }[] = []
  const add = (part: string, count: number, render: (i: number) => Pixels) => {
    for (let i = 0; i < count; i++) {
      plan.push({ path: join(folder, `${part}-${String(i).padStart(3, '0')}.jpg`), render: () => render(i) })
    }
  }
  add('train/part', counts.train, (i) => renderPart(random.fork(`train ${i}`)))
  add('mix/good', counts.good, (i) => renderPart(random.fork(`good ${i}`)))
  add('mix/defect', counts.defect, (i) => renderPart(random.fork(`defect ${i}`), defectOf(i)))
  add('mix/other', counts.other, (i) => renderOther(random.fork(`other ${i}`)))
  await rm(folder, { recursive: true, force: true })
  await makeFolder(join(folder, 'train'))
  await makeFolder(join(folder, 'mix'))
  const drawing = progressLine(io, 'drawing images          ')
  for (const [i, { path, render }] of plan.entries()) {
    if (io.signal.aborted) throw new OneclassError('CANCELLED', 'The demo was stopped.')
    await writeFile(path, await encodeImage(render(), 'jpeg', 90))
    drawing.update(i + 1, plan.length)
  }
  drawing.end()
}

function defectOf(i: number): Defect {
  return present(defects[i % defects.length], 'a kind of defect')
}

/** Serves on a free loopback port with a private Redis and one worker process, and asks over HTTP. */
async function throughQueue(
  folder: string,
  label: string,
  io: Io,
): Promise<{ results: ImageResult[]; seconds: number }> {
  const { startServing } = await import('./start-serving.ts')
  const { searchPath } = readConfig()
  io.err('starting Redis, the API and a worker')
  const serving = await startServing({
    home: io.home,
    host: '127.0.0.1',
    port: 0,
    redisUrl: undefined,
    workers: 1,
    roots: [folder],
    allowUrl: false,
    logLevel: 'error',
    searchPath,
  })
  try {
    const client = createClient(serving.address)
    const { signal } = io
    const from = performance.now()
    const { id } = await client.batchFolder(label, folder, { signal })
    const scoring = progressLine(io, 'scoring through the queue')
    for await (const { progress, state, error } of client.batchEvents(id, { signal })) {
      scoring.update(progress.done, progress.total)
      if (error) throw new OneclassError('INTERNAL', `The batch ended as ${state}: ${error.message}`)
    }
    scoring.end()
    const seconds = (performance.now() - from) / 1000
    return { results: await client.results(id), seconds }
  } finally {
    await serving.stop()
  }
}

interface Times {
  readonly way: string
  readonly drawSeconds: number
  readonly fitSeconds: number
  readonly queueSeconds: number
}

async function report(io: Io, results: readonly ImageResult[], promised: Promised, times: Times): Promise<void> {
  await io.out(
    `\nFitted on ${counts.train} good parts, no negatives. ${results.length} other images through ${times.way}:\n`,
  )
  for (const line of demoLines(results, promised)) await io.out(line)
  await io.out(
    `\n  draw ${times.drawSeconds.toFixed(1)} s, fit ${times.fitSeconds.toFixed(1)} s, score ${times.queueSeconds.toFixed(1)} s (${((1000 * times.queueSeconds) / results.length).toFixed(0)} ms an image); what the numbers promise: docs/promises.md`,
  )
  await io.out('\nNow your own photos:')
  await io.out('  npx oneclass fit DIR --name NAME        # some 200 photos of one thing')
  await io.out('  npx oneclass score IMAGE --model NAME')
  await io.out('  npx oneclass serve                      # the same over HTTP')
}
