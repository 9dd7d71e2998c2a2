/** Addresses and methods: what is not there, and what is there and takes other methods. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf, startTestApi } from '../support/api.ts'

test('a method that an address does not take is told, with those that it takes', async (t) => {
  const api = await startTestApi()
  t.after(() => api.end())
  const { paths } = (await (await fetch(api.url('/openapi.json'))).json()) as {
    paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  }
  for (const [path, operations] of Object.entries(paths)) {
    const answer = await fetch(api.url(path.replace(/\{\w+\}/g, 'x')), { method: 'PUT' })
    const allowed = answer.headers.get('allow')?.split(', ') ?? []
    assert.equal(await codeOf(answer), 'METHOD_NOT_ALLOWED', path)
    for (const method of Object.keys(operations)) assert.ok(allowed.includes(method.toUpperCase()), `${path} ${method}`)
  }
  for (const method of ['OPTIONS', 'DELETE', 'POST']) {
    const answer = await fetch(api.url('/healthz?x=1'), { method })
    assert.equal(answer.headers.get('allow'), 'GET, HEAD')
    assert.equal(await codeOf(answer), 'METHOD_NOT_ALLOWED')
  }
  for (const path of ['/v1', '/v1/models/a/b', '/nothing', '/v1/jobs/a/events/b'])
    assert.equal(await codeOf(await fetch(api.url(path), { method: 'PUT' })), 'NOT_FOUND', path)
})
