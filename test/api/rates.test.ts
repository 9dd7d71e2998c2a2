/** How many requests a caller may send: counted for each key, by a clock that nobody sets. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf, startTestApi } from '../support/api.ts'

test('keys of one address have a rate each, which those without a key cannot use up', async (t) => {
  const api = await startTestApi({ requestBurst: 5, requestsPerSecond: 0.01 })
  t.after(() => api.end())
  const { keys } = api.service
  const [one, two] = [(await keys.create('one', 'classify')).key, (await keys.create('two', 'classify')).key]
  const ask = (key?: string) =>
    fetch(api.url('/v1/models'), key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } })
  for (let i = 0; i < 5; i++) assert.equal((await ask(one)).status, 200)
  const refused = await ask(one)
  assert.ok(Number(refused.headers.get('retry-after')) > 50, 'it says when the next one is taken')
  assert.equal(await codeOf(refused), 'RATE_LIMITED')
  for (let i = 0; i < 5; i++) assert.equal(await codeOf(await ask()), 'UNAUTHORIZED')
  assert.equal(await codeOf(await ask()), 'RATE_LIMITED')
  assert.equal((await ask(two)).status, 200)
})

test('a clock that is set back shuts nobody out', async (t) => {
  const api = await startTestApi()
  t.after(() => api.end())
  assert.equal((await fetch(api.url('/v1/models'))).status, 200)
  const now = Date.now
  Date.now = () => now() - 3_600_000
  t.after(() => {
    Date.now = now
  })
  for (let i = 0; i < 3; i++) assert.equal((await fetch(api.url('/v1/models'))).status, 200)
})
