/** A Redis that loses what it had, or no longer does what the service needs: said to callers, and to whoever runs the service. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Redis } from 'ioredis'
import { codeOf, startTestApi } from '../support/api.ts'

test('a right that is taken away while the service runs has a name, in readyz and in the log', async (t) => {
  const api = await startTestApi()
  const redis = new Redis(api.redis.url)
  t.after(async () => {
    redis.disconnect()
    await api.end()
  })
  const readyz = async () =>
    (await (await fetch(api.url('/readyz'))).json()) as {
      checks: Record<string, boolean>
      reasons?: Record<string, string>
    }
  const isTold = () => api.log.filter((line) => line.includes('"not ready"')).join()
  const before = await readyz()
  assert.equal(before.checks['redis'], true)
  assert.match(before.reasons?.['workers'] ?? '', /^No worker was heard of/)
  for (const command of ['zadd', 'xadd', 'hgetall', 'evalsha']) {
    await redis.acl('SETUSER', 'default', `-${command}`)
    const { checks, reasons } = await readyz()
    assert.equal(checks['redis'], false, command)
    const named = command === 'evalsha' ? /the log of the service says more/ : new RegExp(command.toUpperCase())
    assert.match(reasons?.['redis'] ?? '', named)
    assert.doesNotMatch(JSON.stringify(reasons), /redis:\/\/|127\.0\.0\.1/)
    const refused = await api.json('/v1/models/thing/classify', { base64: 'AAAA' })
    if (command !== 'hgetall') {
      assert.ok(Number(refused.headers.get('retry-after')) > 0)
      assert.equal(await codeOf(refused), 'REDIS_UNAVAILABLE', command)
    }
    assert.match(isTold(), new RegExp(command, 'i'))
    await redis.acl('SETUSER', 'default', '+@all')
    assert.equal((await readyz()).checks['redis'], true)
  }
  assert.match(api.log.join('\n'), /"request failed".*"code":"REDIS_UNAVAILABLE".*can't run this command/)
})

test('a job that Redis lost is told as such, whoever waits for it or follows it', async (t) => {
  const api = await startTestApi()
  const redis = new Redis(api.redis.url)
  t.after(async () => {
    redis.disconnect()
    await api.end()
  })
  const send = (wait: string) => api.json(`/v1/models/thing/classify${wait}`, { base64: 'AAAA' })
  const { id } = (await (await send('')).json()) as { id: string }
  const events = await fetch(api.url(`/v1/jobs/${id}/events`))
  const waiting = send('?wait=20')
  await new Promise((resolve) => setTimeout(resolve, 300))
  await redis.flushall()
  const answer = await waiting
  assert.equal(answer.status, 410)
  assert.equal(await codeOf(answer), 'JOB_EXPIRED')
  await assert.rejects(events.text(), TypeError) // cut off: it does not end as if the job had
})

test('many who ask at once whether it is ready have one look together', async (t) => {
  const api = await startTestApi()
  t.after(() => api.end())
  const { producer } = api.service
  const { assertUsable } = producer
  let looks = 0
  producer.assertUsable = async () => {
    looks++
    await new Promise((resolve) => setTimeout(resolve, 500))
    await assertUsable()
  }
  const answers = await Promise.all(Array.from({ length: 30 }, () => fetch(api.url('/readyz'))))
  for (const answer of answers)
    assert.equal(((await answer.json()) as { checks: Record<string, boolean> }).checks['redis'], true)
  assert.ok(looks < 5, `${looks} looks`)
})
