/** A short run of `test/chaos/openapi-fuzz.ts`, without workers: jobs wait, nothing else differs. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { newJobId } from '../../src/queue/jobs.ts'
import { fuzzOpenApi } from '../chaos/openapi-fuzz.ts'
import { startTestApi } from '../support/api.ts'

test('whatever is sent to the documented operations, no answer of the 500s, none missing, each error a problem', async () => {
  const api = await startTestApi({ requestBurst: 1e6, maxWaitingJobs: 200 }, { urls: {} })
  try {
    await writeFile(join(api.root, 'a.jpg'), 'x')
    const form = new FormData()
    form.append('images', new Blob(['x']), 'a.jpg')
    const answer = await fetch(api.url('/v1/models/thing/batches'), { method: 'POST', body: form })
    const { id } = (await answer.json()) as { id: string }
    const known = ['thing', 'thing@1', id, newJobId('classify'), newJobId('compare'), api.root, join(api.root, 'a.jpg')]
    const report = await fuzzOpenApi({ address: api.address, seed: 3, rounds: 25, known })
    assert.deepEqual(report.wrong, [])
    assert.deepEqual(
      api.log.filter((line) => /"level":"(error|fatal)"/.test(line)),
      [],
    )
    assert.ok(report.operations > 15 && report.requests > 400)
    assert.ok(Object.keys(report.codes).length > 5, JSON.stringify(report.codes))
  } finally {
    await api.end()
  }
})
