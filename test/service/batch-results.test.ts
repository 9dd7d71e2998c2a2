/** Results of a batch on their way to a bucket: in files of bounded size, complete when `batch.json` is there. */
import assert from 'node:assert/strict'
import test from 'node:test'
import type { BatchRecord } from '../../src/queue/batches.ts'
import { linesOfFile, openBatchResults } from '../../src/service/batch-results.ts'
import { parseS3 } from '../../src/system/s3/address.ts'
import { openS3 } from '../../src/system/s3/client.ts'
import { memoryBucket, s3Access, startS3Server } from '../support/s3-server.ts'

const never = new AbortController().signal

test('every line once, in files of 5,000, flagged as a whole; batch.json comes last, and writing again changes nothing', async (t) => {
  const server = await startS3Server()
  t.after(() => server.close())
  const out = memoryBucket()
  server.buckets.set('out', out)
  const { accessKeyId, secretAccessKey, region } = s3Access
  const s3 = openS3({ credentials: { accessKeyId, secretAccessKey }, region, endpoint: server.endpoint, pauseMs: 1 })
  t.after(() => s3.close())
  const count = 2 * linesOfFile + 3
  const lines = Array.from({ length: count }, (_, index) =>
    JSON.stringify({ image: `${index}.jpg`, index, isPositive: true, score: 0.2, pValue: index === 7 ? 1e-9 : 1 }),
  )
  const batches = { lines: async (_id: string, from: number, most: number) => lines.slice(from, from + most) }
  const results = openBatchResults(batches, { outputs: [parseS3('s3://out/results')], s3 })
  const batch = {
    id: 'batch-1',
    state: 'done',
    model: { label: 'thing@1' },
    total: count,
    done: count,
    errors: 0,
    folder: null,
    decide: { fdr: 0.1, calibrationScores: 100 },
    results: results.resolve('s3://out/results/of-today'),
  } as unknown as BatchRecord
  server.fault = ({ path }) => (path.endsWith('batch.json') ? { status: 403, code: 'AccessDenied' } : undefined)
  await assert.rejects(results.write(batch, never), { code: 'STORAGE_REFUSED' })
  server.fault = () => undefined
  await results.write(batch, never)
  const names = out.keys('', '', 10).map((key) => key.slice('results/of-today/batch-1/'.length))
  const files = [0, 1, 2].map((i) => `results-0000${i}.jsonl`)
  assert.deepEqual(names, ['batch.json', ...files])
  const texts = files.map((name) => String(out.get(`results/of-today/batch-1/${name}`)))
  const read = texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line))
  assert.deepEqual(
    read.map(({ index }) => index),
    Array.from({ length: count }, (_, i) => i),
  )
  assert.deepEqual(
    read.flatMap(({ flagged, index }) => (flagged ? [index] : [])),
    [7],
  )
  const told = JSON.parse(String(out.get('results/of-today/batch-1/batch.json')))
  assert.deepEqual([told.state, told.results], ['done', 's3://out/results/of-today/batch-1/'])
  assert.deepEqual(
    told.files.map((file: { lines: number }) => file.lines),
    [linesOfFile, linesOfFile, 3],
  )
})

test('results go below the named prefixes only, looked at again when they are written', async () => {
  const none = openBatchResults({ lines: async () => [] }, { outputs: [] })
  assert.throws(() => none.resolve('s3://out/x'), { code: 'PATH_NOT_ALLOWED', message: /--results/ })
  const s3 = openS3({
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    region: 'x',
    endpoint: 'http://127.0.0.1:9',
  })
  const some = openBatchResults({ lines: async () => [] }, { outputs: [parseS3('s3://out/a')], s3 })
  for (const place of ['s3://out', 's3://out/ab', 's3://other/a', '/tmp', 'out/a'])
    assert.throws(() => some.resolve(place), { code: 'PATH_NOT_ALLOWED' })
  assert.throws(() => some.resolve('s3://out/a/../b'), { code: 'INVALID_ARGUMENT' })
  assert.equal(some.resolve('s3://out/a'), 's3://out/a/')
  const forged = { id: 'batch-1', results: 's3://photos/' } as unknown as BatchRecord
  await assert.rejects(some.write(forged, never), { code: 'PATH_NOT_ALLOWED' })
  await s3.close()
})
