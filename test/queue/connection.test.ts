import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OneclassError } from '../../src/errors.ts'
import { connect, disconnect } from '../../src/queue/connection.ts'
import { waitForRedis } from '../../src/queue/reach.ts'
import { parseRedisUrl, withoutPassword } from '../../src/queue/redis-address.ts'
import { assertRights } from '../../src/queue/rights.ts'
import { startTestRedis } from '../support/redis.ts'

test('plain addresses, with and without password, database and TLS', () => {
  assert.deepEqual(parseRedisUrl('redis://localhost:6380/3'), {
    kind: 'single',
    options: { host: 'localhost', port: 6380, db: 3 },
  })
  assert.deepEqual(parseRedisUrl('redis://h'), { kind: 'single', options: { host: 'h', port: 6379, db: 0 } })
  assert.deepEqual(parseRedisUrl('rediss://u:p%40ss@h:1'), {
    kind: 'single',
    options: { username: 'u', password: 'p@ss', host: 'h', port: 1, db: 0, tls: {} },
  })
  assert.deepEqual(parseRedisUrl('redis://:p@[::1]:7'), {
    kind: 'single',
    options: { password: 'p', host: '::1', port: 7, db: 0 },
  })
  assert.deepEqual(parseRedisUrl('unix:///run/redis.sock'), { kind: 'single', options: { path: '/run/redis.sock' } })
})

test('a "%" that is no code is told how to be written', () => {
  assert.throws(() => parseRedisUrl('redis://:100%pass@h'), { code: 'INVALID_ARGUMENT', message: /write % as %25/ })
  assert.equal(parseRedisUrl('redis://:100%25pass@h').options.password, '100%pass')
})

test('Sentinel and Cluster', () => {
  assert.deepEqual(parseRedisUrl('redis+sentinel://:p@a:1,b/main/2'), {
    kind: 'sentinel',
    options: {
      password: 'p',
      sentinels: [
        { host: 'a', port: 1 },
        { host: 'b', port: 26379 },
      ],
      name: 'main',
      db: 2,
    },
  })
  assert.deepEqual(parseRedisUrl('rediss+cluster://a:1,b:2'), {
    kind: 'cluster',
    nodes: [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ],
    options: { tls: {} },
  })
})

test('an address that is none is refused without repeating it', () => {
  for (const bad of [
    'http://:secret@x',
    'redis://',
    'redis://:secret@a:99999',
    'redis://a/b',
    'redis+sentinel://a',
    'redis+sentinel://a/main?db=1',
    'redis://a?sentinelPassword=x',
    'redis+cluster://a/1',
  ]) {
    assert.throws(
      () => parseRedisUrl(bad),
      (error: OneclassError) => error.code === 'INVALID_ARGUMENT' && !error.message.includes('secret'),
      bad,
    )
  }
})

test('a password never stands in a message', async () => {
  for (const password of ['secret', 'sec/ret', 'sec@ret', 'sec@ret/0', ':secret:']) {
    const url = `redis://u:${password}@host:1/2`
    assert.equal(withoutPassword(url), 'redis://***@host:1/2')
    assert.equal(parseRedisUrl(url).options.password, password)
  }
  for (const mark of ['?', '#']) {
    const url = `redis://u:sec${mark}ret@host`
    assert.equal(withoutPassword(url), 'redis://***')
    assert.equal(parseRedisUrl(url).options.password, `sec${mark}ret`)
  }
  const guarded = 'redis+sentinel://:secret@a/main?sentinelPassword=secret%2B@?x'
  assert.equal(withoutPassword(guarded), 'redis+sentinel://***@a/main?sentinelPassword=***')
  const target = parseRedisUrl(guarded)
  assert.ok(target.kind === 'sentinel')
  assert.deepEqual([target.options.password, target.options.sentinelPassword], ['secret', 'secret+@?x'])
  const url = 'redis://:secret@127.0.0.1:1'
  const client = connect(url, 'producer')
  await assert.rejects(
    waitForRedis(client, url, 300),
    (error: OneclassError) => error.code === 'REDIS_UNAVAILABLE' && !error.message.includes('secret'),
  )
  await disconnect(client)
})

test('a wrong password fails at once, the right one works', async () => {
  const redis = await startTestRedis()
  const wrong = connect(redis.url.replace(/:\w+@/, ':wrong@'), 'producer')
  try {
    await assert.rejects(waitForRedis(wrong, redis.url, 20_000), { code: 'REDIS_UNAVAILABLE' })
    const right = connect(redis.url, 'producer')
    await waitForRedis(right, redis.url, 5000)
    await disconnect(right)
  } finally {
    await disconnect(wrong)
    await redis.end()
  }
})

/** Rules of a user that otherwise may everything, and what the error has to name. */
const lacking: readonly (readonly [rules: readonly string[], named: string | undefined])[] = [
  [[], undefined],
  [['-@dangerous', '+info'], undefined],
  [['-script', '-client', '-select'], undefined],
  [['-@dangerous'], '+info'],
  [['resetchannels'], '&*'],
  [['resetchannels', '&other*'], '&*'],
  [['-publish'], '+publish'],
  [['-subscribe'], '+subscribe'],
  [['-eval'], '+eval'],
  [['-evalsha'], '+evalsha'],
  [['-@blocking'], '+bzpopmin'],
  [['-@stream'], '+xadd'],
  [['-xread'], '+xread'],
  [['-@sortedset'], '+zadd'],
  [['-unlink', '-@hash'], '+hset'],
  [['-@transaction'], '+@transaction'],
  [['resetkeys', '~other*'], '~{oneclass}*'],
  [['resetkeys', '%R~*'], '~{oneclass}*'],
]

test('a user of Redis that lacks a right: each is named at once, and nothing waits for ever', async () => {
  const redis = await startTestRedis()
  const admin = connect(redis.url, 'producer')
  try {
    await waitForRedis(admin, redis.url, 5000)
    for (const [rules, missing] of lacking) {
      await admin.call('ACL', 'SETUSER', 'some', 'reset', 'on', '>pw', '~*', '&*', '+@all', ...rules)
      const url = redis.url.replace(/\/\/.*@/, '//some:pw@')
      const client = connect(url, 'producer')
      try {
        await waitForRedis(client, url, 5000)
        const answer = assertRights(client, url)
        if (missing === undefined) await answer
        else
          await assert.rejects(answer, ({ code, message }: OneclassError) => {
            assert.equal(code, 'REDIS_UNAVAILABLE')
            assert.ok(message.includes(missing) && !message.includes('pw@'), `${rules}: ${message}`)
            return true
          })
      } finally {
        await disconnect(client)
      }
    }
  } finally {
    await disconnect(admin)
    await redis.end()
  }
})
