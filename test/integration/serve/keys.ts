/** Keys, and the end of it all. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { openKeyStore } from '../../../src/service/key-store.ts'
import { home, problem, serving, url } from '../../support/served.ts'

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
  const gauges = async () =>
    (await (await as(manage.key, '/metrics')).text()).match(/^oneclass_drift.*"disc@1"/gm)?.length
  assert.equal(await gauges(), 4)
  assert.equal((await as(manage.key, '/v1/models/disc', 'DELETE')).status, 204)
  assert.equal(await gauges(), undefined, 'of a removed model no gauge is left')
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
