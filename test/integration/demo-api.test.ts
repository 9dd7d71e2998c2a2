/** The demo over HTTP. It draws 212 images, which takes a while on a busy machine: a file of its own. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Serving, startServing } from '../../src/cli/start-serving.ts'
import { createClient, type OneclassClient } from '../../src/client.ts'
import { drawFolder } from '../support/command-line.ts'
import { runExample } from '../support/example.ts'

let home: string
let serving: Serving
let client: OneclassClient
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'oneclass-demo-'))
  serving = await startServing({
    home,
    host: '127.0.0.1',
    port: 0,
    redisUrl: undefined,
    workers: 1,
    roots: [],
    allowUrl: false,
    logLevel: 'error',
    searchPath: process.env['PATH'] ?? '',
  })
  client = createClient(serving.address)
})
after(async () => {
  await serving?.stop()
  await rm(home, { recursive: true, force: true })
})

const url = (path: string) => `${serving.address}${path}`

interface FitResult {
  readonly model: { readonly version: number }
  readonly used: number
}

test('the demo: drawn and fitted by a worker, with images to try; again it is the same model', async () => {
  assert.deepEqual(await client.demoImages(), [])
  const asked = await client.demo()
  assert.equal((await client.demo()).id, asked.id) // one at a time is enough
  const first = await client.finished(asked.id)
  assert.equal(first.state, 'done', JSON.stringify(first.error))
  assert.deepEqual([first.type, first.model, (first.result as FitResult).used], ['fit', 'demo', 200])
  const samples = await client.demoImages()
  assert.deepEqual([samples.length, samples.filter(({ kind }) => kind === 'positive').length], [12, 4])
  const verdicts = await Promise.all(
    samples.map(async ({ id, url: path }) => {
      const response = await fetch(url(path))
      assert.equal(response.headers.get('content-type'), 'image/jpeg')
      const bytes = new Uint8Array(await response.arrayBuffer())
      return { id, ...(await client.classify('demo', { name: id, bytes })) }
    }),
  )
  // the first ones drawn, not chosen ones: what alpha promises is a share, and a dent may be too small to see
  const accepted = (kind: string) => verdicts.filter(({ id, isPositive }) => id.startsWith(kind) && isPositive).length
  assert.ok(accepted('good') >= 3)
  assert.equal(accepted('other'), 0)
  assert.ok(accepted('defect') <= 3)
  const again = await client.finished((await client.demo()).id)
  assert.equal((again.result as FitResult).model.version, 1)
  assert.equal((await fetch(url('/v1/demo/images/none'))).status, 404)
})

test('examples/serve-client.ts runs as it is', async () => {
  await drawFolder(join(home, 'photos'), 12, 4)
  const said = await runExample('serve-client', [serving.address, join(home, 'photos')], home)
  assert.match(said, /^fit: done\npart-000\.jpg: belongs \(p [01]\.\d{3}\)\n\d+ of 12 belong\n404 MODEL_NOT_FOUND\n$/)
})
