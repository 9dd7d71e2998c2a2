/** The whole service, as `oneclass serve` starts it: private Redis, two worker processes, HTTP. Faults and attacks included. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import sharp from 'sharp'
import { type Serving, startServing } from '../../src/cli/start-serving.ts'
import { createClient, type OneclassClient } from '../../src/client.ts'
import { createRandom } from '../../src/core/random.ts'
import { openKeyStore } from '../../src/service/key-store.ts'
import { memoryBucket, type S3Server, s3Access, startS3Server } from '../support/s3-server.ts'

let base: string
let home: string
let root: string
let serving: Serving
let client: OneclassClient
let store: S3Server
const bucket = memoryBucket()

/** A disc on noise (positive) or a square. */
async function draw(seed: number, positive = true): Promise<Buffer> {
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

function options(more: object = {}) {
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

const url = (path: string) => `${serving.address}${path}`
const json = (path: string, body: unknown, method = 'POST', headers: Record<string, string> = {}) =>
  fetch(url(path), { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })

async function problem(response: Response): Promise<string> {
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

test('ready; fits an upload in a job; the model is there', async () => {
  assert.equal((await fetch(url('/readyz'))).status, 200)
  const images = await Promise.all(
    (await readdir(join(root, 'train'))).map(async (name) => ({
      name,
      bytes: await readFile(join(root, 'train', name)),
    })),
  )
  images.push({ name: 'broken.jpg', bytes: Buffer.from('no image') })
  const job = await client.fit('disc', images, { alpha: 0.1 })
  assert.equal(job.type, 'fit')
  const done = await client.finished(job.id)
  assert.equal(done.state, 'done', JSON.stringify(done.error))
  assert.ok(done.type === 'fit' && done.result)
  const { model, used, rejected } = done.result
  assert.deepEqual(
    [model.name, model.version, used, rejected.map(({ image }) => image)],
    ['disc', 1, 40, ['broken.jpg']],
  )
  assert.equal((await client.models())[0]?.name, 'disc')
})

test('classifies by bare body, form, base64 and path, with the same answer; alpha counts without refitting', async () => {
  const bytes = await readFile(join(root, 'batch', '0000.jpg'))
  const uploaded = await client.classify('disc', { name: '0000.jpg', bytes })
  const inline = (await (
    await json('/v1/models/disc/classify?wait=20', { base64: bytes.toString('base64') })
  ).json()) as typeof uploaded
  const byPath = (await (
    await json('/v1/models/disc@1/classify?wait=20', { path: join(root, 'batch', '0000.jpg') })
  ).json()) as typeof uploaded
  assert.equal(uploaded.image, '0000.jpg')
  assert.equal(uploaded.model, 'disc@1')
  assert.equal(uploaded.alpha, 0.1)
  const form = new FormData()
  form.append('image', new Blob([bytes]), '../0000.jpg')
  form.append('alpha', '0.2')
  const bare = (query: string, type = 'image/jpeg') =>
    fetch(url(`/v1/models/disc/classify?wait=20${query}`), {
      method: 'POST',
      body: bytes,
      headers: { 'content-type': type },
    })
  const byForm = (await (
    await fetch(url('/v1/models/disc/classify?wait=20'), { method: 'POST', body: form })
  ).json()) as typeof uploaded
  const named = (await (await bare(`&alpha=0.2&image=${encodeURIComponent('../ä b\n.jpg')}`)).json()) as typeof uploaded
  assert.deepEqual([named.image, named.alpha, byForm.image, byForm.alpha], ['ä b.jpg', 0.2, '0000.jpg', 0.2])
  assert.deepEqual([inline.score, byPath.score, byForm.pValue], [uploaded.score, uploaded.score, uploaded.pValue])
  assert.equal(((await (await bare('', 'image/png')).json()) as typeof uploaded).image, 'image-1')
  assert.equal(await problem(await bare('&alpha=2')), 'INVALID_ARGUMENT')
  const changed = await json('/v1/models/disc', { alpha: 0.3 }, 'PATCH')
  assert.equal(changed.status, 200)
  assert.equal((await client.classify('disc', { name: 'x', bytes })).alpha, 0.3)
})

test('a job without waiting, its events, and a bad image as a problem', async () => {
  const form = new FormData()
  form.append('image', new Blob([await draw(5)]), 'five.jpg')
  const response = await fetch(url('/v1/models/disc/classify'), { method: 'POST', body: form })
  assert.equal(response.status, 202)
  const { id } = (await response.json()) as { id: string }
  assert.equal(response.headers.get('location'), `/v1/jobs/${id}`)
  const events = await (await fetch(url(`/v1/jobs/${id}/events`))).text()
  assert.match(events, /event: job\ndata: .*"state":"done"/)
  const bad = await json('/v1/models/disc/classify?wait=20', { base64: Buffer.from('no image').toString('base64') })
  assert.ok(bad.status === 422 || bad.status === 415)
  assert.match(await problem(bad), /^IMAGE_/)
})

test('the same Idempotency-Key is the same job, and refused for another request', async () => {
  const body = { base64: (await draw(9)).toString('base64') }
  const key = { 'idempotency-key': 'once-1' }
  const ids = await Promise.all(
    [1, 2, 3].map(
      async () => ((await (await json('/v1/models/disc/classify', body, 'POST', key)).json()) as { id: string }).id,
    ),
  )
  assert.equal(new Set(ids).size, 1)
  assert.equal(await problem(await json('/v1/models/disc/classify', { base64: 'AAAA' }, 'POST', key)), 'CONFLICT')
})

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

test('files out of the roots: by dots, by link, absolute, in batches and fits', async () => {
  for (const path of [
    '/etc/passwd',
    `${root}/../secret.jpg`,
    join(root, 'link.jpg'),
    '../../etc/passwd',
    `${root}/x\0.jpg`,
  ]) {
    assert.equal(await problem(await json('/v1/models/disc/classify?wait=5', { path })), 'PATH_NOT_ALLOWED', path)
  }
  for (const folder of ['/etc', base, `${root}/..`]) {
    assert.equal(await problem(await json('/v1/models/disc/batches', { folder })), 'PATH_NOT_ALLOWED')
    assert.equal(await problem(await json('/v1/models', { name: 'x', folder })), 'PATH_NOT_ALLOWED')
  }
})

test('URLs into our own network', async () => {
  for (const target of [
    `${serving.address}/healthz`,
    'http://localhost/',
    'http://169.254.169.254/latest',
    'http://[::1]/',
    'http://0x7f000001/',
    'file:///etc/passwd',
  ]) {
    assert.equal(
      await problem(await json('/v1/models/disc/classify?wait=5', { url: target })),
      'URL_NOT_ALLOWED',
      target,
    )
  }
})

test('names, backbones by path, wrong bodies, unknown addresses, oversized bodies', async () => {
  assert.equal(await problem(await fetch(url('/v1/models/..%2f..%2fetc'))), 'INVALID_ARGUMENT')
  assert.equal(await problem(await json('/v1/models', { name: '../x', folder: root })), 'INVALID_ARGUMENT')
  assert.equal(
    await problem(await json('/v1/models', { name: 'x', folder: join(root, 'train'), backbone: '../../x.onnx' })),
    'INVALID_ARGUMENT',
  )
  assert.equal(
    await problem(await json('/v1/models', { name: 'x', folder: join(root, 'train'), backbone: 'x.onnx' })),
    'BACKBONE_NOT_FOUND',
  )
  assert.equal(await problem(await json('/v1/models/disc', { alpha: 2 }, 'PATCH')), 'INVALID_ARGUMENT')
  assert.equal(await problem(await json('/v1/models/disc', { alpha: 0.1, extra: 1 }, 'PATCH')), 'INVALID_ARGUMENT')
  assert.equal(await problem(await json('/v1/models/none/classify', { base64: 'AAAA' })), 'MODEL_NOT_FOUND')
  const storedBytes = async () => /^oneclass_stored_bytes (\d+)/m.exec(await (await fetch(url('/metrics'))).text())?.[1]
  const stored = await storedBytes()
  const forNone = { method: 'POST', headers: { 'content-type': 'image/jpeg' }, body: Buffer.alloc(5000, 1) }
  assert.equal(await problem(await fetch(url('/v1/models/none/classify'), forNone)), 'MODEL_NOT_FOUND')
  assert.ok(stored !== undefined)
  assert.equal(await storedBytes(), stored, 'an image for a model that is not there stays in Redis')
  assert.equal(await problem(await fetch(url('/nothing'))), 'NOT_FOUND')
  assert.equal(
    await problem(await fetch(url('/v1/jobs/classify-00000000-0000-0000-0000-000000000000'))),
    'JOB_NOT_FOUND',
  )
  assert.equal(
    await problem(
      await fetch(url('/v1/models/disc/classify'), {
        method: 'POST',
        body: 'x',
        headers: { 'content-type': 'text/plain' },
      }),
    ),
    'UNSUPPORTED_MEDIA_TYPE',
  )
  assert.equal(
    await problem(await json('/v1/models/disc', { alpha: 0.1, pad: 'x'.repeat(100_000) }, 'PATCH')),
    'BODY_TOO_LARGE',
  )
  const bare = (path: string, body: Uint8Array<ArrayBuffer>) =>
    fetch(url(path), { method: 'POST', body, headers: { 'content-type': 'image/jpeg' } })
  for (const path of ['/v1/models', '/v1/models/disc/batches', '/v1/demo', '/v1/models/import'])
    assert.equal(await problem(await bare(path, new Uint8Array(9))), 'UNSUPPORTED_MEDIA_TYPE', path)
  assert.equal(await problem(await bare('/v1/models/disc/classify', new Uint8Array(0))), 'INVALID_ARGUMENT')
  // with a name it is a file of nothing
  const nothing = await bare('/v1/models/disc/classify?image=x.jpg', new Uint8Array(0))
  assert.equal(await problem(nothing), 'IMAGE_UNREADABLE')
  const broken = await fetch(url('/v1/models/disc/classify'), {
    method: 'POST',
    body: '--b\r\ncontent-disp',
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
  })
  assert.equal(await problem(broken), 'INVALID_ARGUMENT')
})

test('another web page cannot use a service on this machine', async () => {
  assert.equal(
    await problem(await json('/v1/models/disc', { alpha: 0.1 }, 'PATCH', { origin: 'https://evil.example' })),
    'FORBIDDEN',
  )
  // fetch cannot set Host
  const status = await new Promise<number | undefined>((resolve, reject) => {
    httpRequest(url('/v1/models'), { headers: { host: 'evil.example' } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
  assert.equal(status, 403)
})

test('the document describes the server, the pages need nothing from elsewhere', async () => {
  const document = (await (await fetch(url('/openapi.json'))).json()) as {
    openapi: string
    paths: Record<string, unknown>
  }
  assert.equal(document.openapi, '3.1.0')
  for (const path of [
    '/v1/models',
    '/v1/models/{name}',
    '/v1/models/{name}/classify',
    '/v1/models/{name}/batches',
    '/v1/batches/{id}/results',
    '/v1/jobs/{id}',
  ])
    assert.ok(document.paths[path], path)
  for (const page of ['/', '/docs']) {
    const response = await fetch(url(page))
    assert.equal(response.status, 200)
    assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'/)
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
    assert.doesNotMatch(await response.text(), /(src|href)="https?:/)
  }
  assert.match(await (await fetch(url('/metrics'))).text(), /oneclass_drift_log10_capital\{model="disc@1"/)
  assert.match(await (await fetch(url('/admin/queues'))).text(), /__UI_CONFIG__/)
  assert.equal((await fetch(url('/admin/queues/api/queues'))).status, 200)
  const images = async () =>
    ((await (await fetch(url('/v1/models/disc'))).json()) as { drift: { all: { images: number } } }).drift.all.images
  for (let tries = 0; (await images()) <= 250 && tries < 50; tries++) await new Promise((wake) => setTimeout(wake, 200))
  assert.ok((await images()) > 250)
})

test('nonsense by the document: no answer of the 500s', async () => {
  const document = (await (await fetch(url('/openapi.json'))).json()) as {
    paths: Record<string, Record<string, unknown>>
  }
  const random = createRandom(11)
  const values: unknown[] = [
    null,
    0,
    -1,
    1e308,
    '',
    'x',
    '\u0000',
    '../..',
    '💥'.repeat(50),
    [],
    {},
    [[]],
    true,
    { alpha: 'x' },
    { folder: 1 },
    { name: 'a', folder: '/' },
    { base64: '!' },
    { url: 'http://[' },
    { path: '' },
    '{"__proto__":1}',
  ]
  const pick = () => values[random.int(values.length)]
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const method of Object.keys(methods)) {
      for (let i = 0; i < 12; i++) {
        const target = path.replace(/\{\w+\}/g, () => encodeURIComponent(String(pick()).slice(0, 40)) || 'x')
        const query = random.int(2)
          ? `?wait=${encodeURIComponent(String(pick()))}&format=${random.int(9)}&from=${random.int(9) - 4}`
          : ''
        const body = method === 'get' ? undefined : random.int(3) ? JSON.stringify(pick()) : '{"broken'
        const type = ['application/json', 'multipart/form-data; boundary=x', 'multipart/form-data', 'nonsense'][
          random.int(4)
        ]!
        const response = await fetch(url(target + query), {
          method: method.toUpperCase(),
          ...(body === undefined ? {} : { body, headers: { 'content-type': type } }),
          signal: AbortSignal.timeout(20_000),
        })
        assert.ok(response.status < 500, `${method} ${target}${query} ${type} ${body}: ${response.status}`)
        await response.body?.cancel()
      }
    }
  }
})

test('elsewhere than on loopback: not without a key; a port in use is said so', async () => {
  await assert.rejects(startServing(options({ host: '0.0.0.0', home: join(base, 'other') })), { code: 'UNAUTHORIZED' })
  await assert.rejects(
    startServing(options({ port: Number(new URL(serving.address).port), home: join(base, 'other') })),
    { code: 'PORT_IN_USE' },
  )
})

test('once there is a key: missing, wrong, of the wrong scope, right', async () => {
  const store = openKeyStore(home)
  const classify = await store.create('reader', 'classify')
  const manage = await store.create('owner', 'manage')
  const as = (key: string, path: string, method = 'GET') =>
    fetch(url(path), { method, headers: { authorization: `Bearer ${key}` } })
  assert.equal((await fetch(url('/v1/models'))).status, 401)
  assert.equal((await fetch(url('/admin/queues'))).status, 401)
  assert.equal((await fetch(url('/metrics'))).status, 401)
  assert.equal(await problem(await as(`${classify.key.slice(0, -2)}xx`, '/v1/models')), 'UNAUTHORIZED')
  assert.equal((await as(classify.key, '/v1/models')).status, 200)
  const countJobs = async (key: string) =>
    ((await (await as(key, '/v1/jobs')).json()) as { jobs: unknown[] }).jobs.length
  assert.deepEqual([await countJobs(classify.key), (await countJobs(manage.key)) > 10], [0, true])
  assert.equal(await problem(await as(classify.key, '/v1/models/disc', 'DELETE')), 'FORBIDDEN')
  assert.equal(await problem(await as(classify.key, '/admin/queues')), 'FORBIDDEN')
  assert.equal(
    (
      await fetch(url('/admin/queues/'), {
        headers: { authorization: `Basic ${Buffer.from(`me:${manage.key}`).toString('base64')}` },
      })
    ).status,
    200,
  )
  assert.equal((await fetch(url('/healthz'))).status, 200)
  for (let i = 0; i < 15; i++) await as(`oc_00000000_${'x'.repeat(43)}`, '/v1/models')
  assert.equal((await as(`oc_00000000_${'x'.repeat(43)}`, '/v1/models')).status, 429)
  assert.equal((await as(manage.key, '/v1/models/disc', 'DELETE')).status, 204)
  await store.revoke(manage.info.id)
  await store.revoke(classify.info.id)
  // who revokes the last key closes the service, the board with it
  for (const path of ['/v1/models', '/metrics', '/admin/queues/']) assert.equal((await fetch(url(path))).status, 401)
  assert.equal((await fetch(url('/v1/models/disc'), { method: 'DELETE' })).status, 401)
  assert.equal((await as(manage.key, '/v1/models')).status, 429) // by now wrong keys from this address are slowed down
})

test('stopping leaves no process behind', async () => {
  const pids = serving.workerPids()
  await serving.stop()
  for (const pid of pids) assert.throws(() => process.kill(pid, 0))
  assert.throws(() => execFileSync('pgrep', ['-f', `redis-server .*${serving.redisUrl.split(':').at(-1)}`]))
})
