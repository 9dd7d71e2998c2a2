/** A client that misses results asks for them again, and waits before it does. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { createClient } from '../../src/client.ts'

test('while a finished batch gives fewer lines than it counts, it is asked less and less often', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const asked: number[] = []
  let now = 0
  let there = 1
  const client = createClient('http://service', {
    fetch: async (address) => {
      const { pathname, searchParams } = new URL(address)
      if (!pathname.endsWith('/results')) return Response.json({ state: 'done', progress: { done: 2, total: 2 } })
      asked.push(now)
      const lines = Array.from({ length: there }, (_, index) => `${JSON.stringify({ index })}\n`)
      return new Response(lines.slice(Number(searchParams.get('from'))).join(''))
    },
  })
  let isRead = false
  const read = client.results('batch-x').finally(() => {
    isRead = true
  })
  for (; !isRead && now < 100_000; now += 100) {
    if (now === 60_000) there = 2
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    t.mock.timers.tick(100)
  }
  assert.equal((await read).length, 2)
  assert.ok(asked.length < 14, `asked ${asked.length} times`)
  const waits = asked.slice(1).map((at, i) => at - asked[i]!)
  assert.ok(
    waits.every((wait, i) => wait >= 500 && wait >= (waits[i - 1] ?? 0)),
    waits.join(),
  )
})
