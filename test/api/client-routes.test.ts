/** The typed client has a method for every documented call: all of its methods are called, and what they ask for is looked up. */
import assert from 'node:assert/strict'
import test from 'node:test'
import type { OpenApi } from '../../src/api/docs/openapi.ts'
import { createClient } from '../../src/client.ts'
import { startTestApi } from '../support/api.ts'

/** An answer that ends every wait. */
const answer = { id: 'x', state: 'done', progress: { done: 0, total: 0 }, isPositive: true, result: {} }

test('every path of the OpenAPI document has a method in oneclass/client', async () => {
  const api = await startTestApi()
  try {
    const { paths } = (await (await fetch(api.url('/openapi.json'))).json()) as OpenApi
    const asked = new Set<string>()
    const client = createClient('http://service', {
      fetch: async (address, init) => {
        asked.add(`${init.method ?? 'GET'} ${new URL(address).pathname}`)
        return Response.json(answer)
      },
    })
    const image = { name: 'a.jpg', bytes: new Uint8Array(1) }
    const call = async (method: (...args: unknown[]) => unknown, ...args: unknown[]): Promise<void> => {
      const made = method(...args, { waitSeconds: 0 })
      if (typeof made === 'string')
        asked.add(`GET ${made}`) // an address, for a picture
      else if (typeof made === 'object' && made !== null && 'next' in made) await (made as AsyncGenerator).next()
      else await made
    }
    for (const method of Object.values(client) as ((...args: unknown[]) => unknown)[])
      await call(method, 'x', [image]).catch(() => call(method, ['x'], image))
    const missing = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).flatMap((method) => {
        const form = new RegExp(`^${method.toUpperCase()} ${path.replace(/\{[^}]+\}/g, '[^/]+')}$`)
        return [...asked].some((request) => form.test(request)) ? [] : [`${method} ${path}`]
      }),
    )
    assert.deepEqual(missing, [])
  } finally {
    await api.end()
  }
})
