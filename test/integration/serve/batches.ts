/** Batches and comparisons of folders and buckets, with workers and Redis killed meanwhile. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createRandom } from '../../../src/core/random.ts'
import { bucket, client, draw, json, problem, root, serving, url } from '../../support/served.ts'

test('a batch, while workers are killed and Redis is too: every image exactly once, and the same scores as undisturbed', async () => {
  const quiet = await client.batchFolder('disc', join(root, 'batch'))
  const undisturbed = new Map((await client.results(quiet.id)).map((line) => [line.image, line]))
  assert.equal(undisturbed.size, 160)
  assert.equal([...undisturbed.values()].filter((line) => 'error' in line).length, 3)

  const batch = await client.batchFolder('disc', join(root, 'batch'))
  const random = createRandom(3)
  const redisPid = Number(
    execFileSync('pgrep', ['-f', `redis-server .*${serving.redisUrl.split(':').at(-1)}`], { encoding: 'utf8' }).split(
      '\n',
    )[0],
  )
  let kills = 0
  const trouble = (async () => {
    for (; kills < 4; kills++) {
      await new Promise((resolve) => setTimeout(resolve, 500))
      const pids = serving.workerPids()
      if (pids.length > 0) process.kill(pids[random.int(pids.length)]!, 'SIGKILL')
      if (kills === 1) process.kill(redisPid, 'SIGTERM')
    }
  })()
  const [lines] = await Promise.all([client.results(batch.id), trouble])
  assert.equal(kills, 4)
  assert.equal(lines.length, 160)
  assert.equal(new Set(lines.map(({ image }) => image)).size, 160)
  for (const line of lines) assert.deepEqual(line, undisturbed.get(line.image))
  const csv = await (await fetch(url(`/v1/batches/${batch.id}/results?format=csv`))).text()
  assert.equal(csv.trim().split('\r\n').length, 161)
  const view = await client.job(batch.id)
  assert.deepEqual([view.state, view.progress.done, view.progress.total], ['done', 160, 160])
})

test('a prefix of a bucket as a batch, an object as an image, with the scores of the same bytes from the disk', async () => {
  const folder = join(root, 'batch')
  const names = (await readdir(folder)).sort().slice(0, 20)
  for (const name of names) bucket.set(`line-3/to day/${name}`, await readFile(join(folder, name)))
  const lines = await client.results((await client.batchFolder('disc', 's3://photos/line-3/to day')).id)
  assert.deepEqual(lines.map(({ image }) => image).sort(), names)
  const disk = new Map((await client.results((await client.batchFolder('disc', folder)).id)).map((l) => [l.image, l]))
  const scored = ({ index: _, ...line }: (typeof lines)[number]) => line
  for (const line of lines) assert.deepEqual(scored(line), scored(disk.get(line.image)!))
  const one = await json('/v1/models/disc/classify?wait=20', { path: `s3://photos/line-3/to day/${names[0]}` })
  assert.equal(one.status, 200)
  assert.equal(await problem(await json('/v1/models/disc/batches', { folder: 's3://photos' })), 'PATH_NOT_ALLOWED')
})

test('a comparison as a job, its report as a page that can reach nothing', async () => {
  for (const [folder, from, positive] of [
    ['train/positive', 2000, true],
    ['test/positive', 3000, true],
    ['test/negative', 4000, false],
  ] as const) {
    await mkdir(join(root, 'compare', folder), { recursive: true })
    for (let i = 0; i < 24; i++)
      await writeFile(join(root, 'compare', folder, `${i}.jpg`), await draw(from + i, positive))
  }
  const body = {
    train: join(root, 'compare/train'),
    test: join(root, 'compare/test'),
    methods: ['nearest-neighbour', 'mahalanobis'],
    quick: true,
  }
  const { id } = (await (await json('/v1/comparisons', body)).json()) as { id: string }
  assert.match(id, /^compare-/)
  const done = await client.finished(id)
  assert.equal(done.state, 'done', JSON.stringify(done))
  assert.ok(done.type === 'compare' && done.result)
  const { methods } = done.result
  assert.deepEqual(methods.map(({ key }) => key).sort(), ['mahalanobis', 'nearest-neighbour'])
  const report = await fetch(url(`/v1/comparisons/${id}/report`))
  assert.match(report.headers.get('content-security-policy') ?? '', /default-src 'none'.*sandbox/)
  assert.match(await report.text(), /<html/)
  assert.equal(
    (await fetch(url(`/v1/comparisons/${id}/report?file=scores.csv`))).headers.get('content-type'),
    'text/csv; charset=utf-8',
  )
  assert.equal(await problem(await json('/v1/comparisons', { train: '/etc', test: '/etc' })), 'PATH_NOT_ALLOWED')
})
