/** A Redis that answers and does not do what it is told is one that is away: each of its answers is REDIS_UNAVAILABLE, never INTERNAL. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { OneclassError } from '../../src/errors.ts'
import { connect, disconnect, type RedisClient } from '../../src/queue/connection.ts'
import { asRedisError } from '../../src/queue/redis-errors.ts'
import { advanceDrift, recordServed } from '../../src/service/drift-log.ts'
import { openRegistry } from '../../src/store/registry.ts'
import { codeOf, startTestApi, type TestApi } from '../support/api.ts'

let api: TestApi
let admin: RedisClient
before(async () => {
  api = await startTestApi()
  admin = connect(api.redis.url, 'producer')
})
after(async () => {
  await disconnect(admin)
  await api?.end()
})

/** As Redis 7 and 6 write them. */
const answers: readonly (readonly [answer: string, said: RegExp])[] = [
  ["OOM command not allowed when used memory > 'maxmemory'.", /takes no more data/],
  ['MISCONF Errors writing to the AOF file: No space left on device', /takes no more data/],
  ['NOREPLICAS Not enough good replicas to write.', /min-replicas-to-write/],
  ["READONLY You can't write against a read only replica.", /is a replica/],
  ['LOADING Redis is loading the dataset in memory', /cannot answer now/],
  ['BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.', /cannot answer now/],
  ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", /cannot answer now/],
  ['CLUSTERDOWN Hash slot not served', /cannot answer now/],
  ['TRYAGAIN Multiple keys request during rehashing of slot', /cannot answer now/],
  ['UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)', /cannot answer now/],
  ['NOSCRIPT No matching script. Please use EVAL.', /cannot answer now/],
  ['EXECABORT Transaction discarded because of previous errors.', /cannot answer now/],
  ['ERR max number of clients reached', /cannot answer now/],
  ['NOAUTH Authentication required.', /refuses/],
  ["NOPERM this user has no permissions to run the 'set' command", /refuses/],
  ['WRONGPASS invalid username-password pair or user is disabled.', /refuses/],
  ['MOVED 3999 127.0.0.1:6381', /refuses/],
  [
    'ERR Error running script (call to f_6b1): @user_script:3: @user_script: 3: -NOREPLICAS Not enough good replicas to write.',
    /min-replicas/,
  ],
  ['NOREPLICAS Not enough good replicas to write. script: 6b1, on @user_script:3.', /min-replicas/],
]

test('each refusal of Redis has its sentence, and passes', () => {
  const url = 'redis://:secret@here:1'
  for (const [answer, said] of answers) {
    const error = asRedisError(new Error(answer), url)
    assert.ok(error instanceof OneclassError, answer)
    assert.equal(error.code, 'REDIS_UNAVAILABLE', answer)
    assert.match(error.message, said)
    assert.doesNotMatch(error.message, /secret/)
    assert.ok(error.isPassing)
  }
  const given = Object.assign(new Error('EXECABORT Transaction discarded because of previous errors.'), {
    previousErrors: [new Error('NOREPLICAS Not enough good replicas to write.')],
  })
  assert.match((asRedisError(given, url) as Error).message, /min-replicas/)
  for (const other of ['ERR syntax error', 'NOTBUSY No scripts in execution right now.', 'BUSYGROUP name exists']) {
    const error = new Error(other)
    assert.equal(asRedisError(error, url), error)
  }
})

test('a service over a Redis with too few replicas: 503, when to come again, and well again after it', async () => {
  const info = await openRegistry(api.home).info('thing')
  const { client } = api.service.producer
  await recordServed(client, { label: 'thing@1', sha256: info.sha256 }, [{ pValue: 0.5, score: 0.4 }])
  await admin.call('CONFIG', 'SET', 'min-replicas-to-write', '1')
  const response = await api.json('/v1/models/thing/classify', { base64: 'AAAA' })
  assert.equal(response.status, 503)
  assert.equal(response.headers.get('retry-after'), '5')
  assert.equal(await codeOf(response), 'REDIS_UNAVAILABLE')
  const form = new FormData()
  form.append('images', new Blob(['x']), 'a.jpg')
  const batch = await fetch(api.url('/v1/models/thing/batches'), { method: 'POST', body: form })
  assert.equal(await codeOf(batch), 'REDIS_UNAVAILABLE')
  assert.equal((await fetch(api.url('/readyz'))).status, 503)
  assert.equal((await fetch(api.url('/v1/models/thing'))).status, 200) // what is known is still told
  assert.ok((await advanceDrift(client, info)).all.images <= 1)
  await admin.call('CONFIG', 'SET', 'min-replicas-to-write', '0')
  assert.equal((await api.json('/v1/models/thing/classify', { base64: 'AAAA' })).status, 202)
})
