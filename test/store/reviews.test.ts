/** What people said of images: kept in order, the latest counts, and a line that a crash cut off is no answer. */
import assert from 'node:assert/strict'
import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openReviewStore } from '../../src/store/reviews.ts'

let home: string
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'oneclass-reviews-'))
})
after(() => rm(home, { recursive: true, force: true }))

const b1 = { id: 'b1', total: 10 }
const at = new Date('2026-01-02T03:04:05Z')
const short = (reviews: readonly { index: number; label: string | null; by: string }[]) =>
  reviews.map(({ index, label, by }) => [index, label, by])

test('the latest word counts, taken back is a word too, and `since` tells only what is new', async () => {
  const store = openReviewStore(home, () => at)
  assert.deepEqual(await store.read('b1'), { revision: 0, reviews: [] })
  await store.add(
    b1,
    [
      { index: 0, label: 'belongs' },
      { index: 3, label: 'differs' },
    ],
    'ann',
  )
  const second = await store.add(b1, [{ index: 3, label: null }], 'bob')
  assert.deepEqual(second, {
    revision: 3,
    reviews: [{ index: 3, label: null, by: 'bob', at: '2026-01-02T03:04:05.000Z' }],
  })
  const all = await openReviewStore(home).read('b1')
  assert.deepEqual(short(all.reviews), [
    [0, 'belongs', 'ann'],
    [3, null, 'bob'],
  ])
  assert.deepEqual(short((await store.read('b1', 2)).reviews), [[3, null, 'bob']])
  assert.deepEqual(await store.read('b2'), { revision: 0, reviews: [] })
})

test('many callers at once lose nothing', async () => {
  const store = openReviewStore(home)
  await Promise.all(
    Array.from({ length: 40 }, (_, i) => store.add({ id: 'b3', total: 40 }, [{ index: i, label: 'unsure' }], `r${i}`)),
  )
  const { revision, reviews } = await store.read('b3')
  assert.equal(revision, 40)
  assert.deepEqual(
    reviews.map(({ index }) => index).sort((a, b) => a - b),
    Array.from({ length: 40 }, (_, i) => i),
  )
})

test('a line that was cut off is no answer, and the next one is whole', async () => {
  const path = join(home, 'reviews', 'b1.jsonl')
  await appendFile(path, '{"index":7,"label":"bel')
  const store = openReviewStore(home)
  assert.equal((await store.read('b1')).revision, 3)
  await store.add(b1, [{ index: 8, label: 'belongs' }], '')
  assert.deepEqual(short((await openReviewStore(home).read('b1')).reviews).at(-1), [8, 'belongs', ''])
  assert.ok(!(await store.read('b1')).reviews.some(({ index }) => index === 7))
})

test('of an endless caller no more than some answers an image are kept, and what was read is not read again', async () => {
  const store = openReviewStore(home)
  const batch = { id: 'b4', total: 2 }
  const many = Array.from({ length: 1000 }, (_, i) => ({ index: i % 2, label: 'belongs' as const }))
  assert.equal((await store.add(batch, many, 'x')).revision, 1000)
  await assert.rejects(store.add(batch, many, 'x'), { code: 'CONFLICT' })
  assert.equal((await store.add(batch, many.slice(0, 40), 'y')).revision, 1040)
  await assert.rejects(store.add(batch, many.slice(0, 1), 'y'), { code: 'CONFLICT' })
  assert.deepEqual(short((await openReviewStore(home).read('b4')).reviews), short((await store.read('b4')).reviews))
})

test('a line of another form is no answer', async () => {
  const store = openReviewStore(home)
  await store.add({ id: 'b5', total: 3 }, [{ index: 0, label: 'belongs' }], 'ann')
  for (const line of [
    'null',
    '7',
    '{"index":"x"}',
    '{"index":1,"label":"evil","by":"","at":"2026-01-02T03:04:05.000Z"}',
  ])
    await appendFile(join(home, 'reviews', 'b5.jsonl'), `${line}\n`)
  assert.deepEqual(short((await openReviewStore(home).read('b5')).reviews), [[0, 'belongs', 'ann']])
})

test('who begins many batches pushes out nobody, and is told when to go on', async () => {
  let time = Date.now()
  const store = openReviewStore(join(home, 'shares'), () => new Date(time), 2)
  const say = (id: string, owner: string) => store.add({ id, total: 1, owner }, [{ index: 0, label: 'belongs' }], '')
  await say('b1', 'ann')
  await say('b2', 'eve')
  await say('b3', 'eve')
  await assert.rejects(say('b4', 'eve'), { code: 'RATE_LIMITED', retryAfter: 24 * 3600 })
  assert.equal((await say('b3', 'eve')).revision, 2)
  assert.equal((await store.read('b1')).revision, 1)
  time += 25 * 3600 * 1000
  await say('b4', 'eve')
  assert.equal((await store.read('b1')).revision, 0)
})
