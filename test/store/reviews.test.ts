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

const at = new Date('2026-01-02T03:04:05Z')
const short = (reviews: readonly { index: number; label: string | null; by: string }[]) =>
  reviews.map(({ index, label, by }) => [index, label, by])

test('the latest word counts, taken back is a word too, and `since` tells only what is new', async () => {
  const store = openReviewStore(home, () => at)
  assert.deepEqual(await store.read('b1'), { revision: 0, reviews: [] })
  await store.add(
    'b1',
    [
      { index: 0, label: 'belongs' },
      { index: 3, label: 'differs' },
    ],
    'ann',
  )
  const second = await store.add('b1', [{ index: 3, label: null }], 'bob')
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
  await Promise.all(Array.from({ length: 40 }, (_, i) => store.add('b3', [{ index: i, label: 'unsure' }], `r${i}`)))
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
  await store.add('b1', [{ index: 8, label: 'belongs' }], '')
  assert.deepEqual(short((await openReviewStore(home).read('b1')).reviews).at(-1), [8, 'belongs', ''])
  assert.ok(!(await store.read('b1')).reviews.some(({ index }) => index === 7))
})
