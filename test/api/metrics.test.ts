/** What Prometheus reads: its format, how many series callers can make, and what stays of a removed model. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createMetrics } from '../../src/api/metrics.ts'
import { startTestApi, type TestApi } from '../support/api.ts'

let api: TestApi
before(async () => {
  api = await startTestApi()
})
after(async () => {
  await api?.end()
})

const line = /^[a-zA-Z_:][\w:]*(\{([a-zA-Z_]\w*="(\\[\\"n]|[^\\"\n])*",?)*\})? (-?[0-9.e+-]+|NaN|[+-]Inf)$/

test('the text is valid, and no caller makes series of their own', async () => {
  const read = async () => (await (await fetch(api.url('/metrics'))).text()).split('\n').filter((text) => text !== '')
  for (let i = 0; i < 40; i++) {
    await fetch(api.url(`/${i}"\\n{}`))
    await fetch(api.url(`/v1/models/m${i}`))
    await fetch(api.url(`/v1/models/m${i}`), { method: i % 2 === 0 ? 'PUT' : 'OPTIONS' })
  }
  const lines = await read()
  const series = lines.filter((text) => !text.startsWith('#'))
  for (const text of series) assert.match(text, line)
  assert.equal(new Set(series.map((text) => text.replace(/ \S+$/, ''))).size, series.length)
  const routes = new Set(series.flatMap((text) => /route="([^"]*)"/.exec(text)?.[1] ?? []))
  assert.deepEqual(
    [...routes].sort(),
    ['/metrics', '/v1/models/:name', 'unknown'].slice(routes.has('/metrics') ? 0 : 1),
  )
})

test('of a model that is gone nothing is left', async () => {
  const metrics = createMetrics()
  const drift = { log10Capital: 0, maxLog10Capital: 0 }
  const there = { label: 'there@1', drift: { all: drift, accepted: drift } } as never
  for (const label of ['there@1', 'gone@1']) metrics.observeServed(label, { score: 0.3 } as never)
  metrics.setModels([there])
  const { text } = await metrics.render(api.service.producer)
  assert.match(text, /oneclass_score_count\{model="there@1"\} 1/)
  assert.doesNotMatch(text, /gone@1/)
})
