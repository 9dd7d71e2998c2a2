import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCpuSlots } from '../../src/serving/cpu-slots.ts'
import { createMicroBatcher, type Lane } from '../../src/serving/micro-batcher.ts'

interface Run {
  items: readonly number[]
  lane: Lane
  end(): void
}

function setup(options: { cap?: number; lingerMs?: number; coming?: () => boolean; fairness?: number } = {}) {
  const runs: Run[] = []
  const batcher = createMicroBatcher<number, number>({
    cap: options.cap ?? 4,
    lingerMs: { single: options.lingerMs ?? 5, bulk: options.lingerMs ?? 5 },
    isMoreComing: options.coming ?? (() => false),
    ...(options.fairness === undefined ? {} : { fairness: options.fairness }),
    run: (items, lane) =>
      new Promise((resolve) => {
        runs.push({ items, lane, end: () => resolve(items.map((item) => item * 10)) })
      }),
  })
  return { runs, batcher }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

test('idle: one image runs at once', async () => {
  const { runs, batcher } = setup()
  const answer = batcher.submit(7, 'single')
  await settle()
  assert.deepEqual(runs[0]?.items, [7])
  runs[0]!.end()
  assert.equal(await answer, 70)
})

test('what arrives during a run is the next batch, never over the cap, each with its own answer', async () => {
  const { runs, batcher } = setup()
  const answers = [1, 2, 3, 4, 5, 6].map((item) => batcher.submit(item, 'bulk'))
  await settle()
  runs[0]!.end()
  await settle()
  runs[1]!.end()
  await settle()
  runs[2]?.end()
  assert.deepEqual(await Promise.all(answers), [10, 20, 30, 40, 50, 60])
  assert.ok(runs.every(({ items }) => items.length <= 4))
})

test('images on their way are waited for, but not for long', async () => {
  let coming = true
  const { runs, batcher } = setup({ coming: () => coming, lingerMs: 300 })
  void batcher.submit(1, 'bulk')
  void batcher.submit(2, 'bulk')
  await settle()
  assert.equal(runs.length, 0)
  await new Promise((resolve) => setTimeout(resolve, 600))
  assert.deepEqual(runs[0]?.items, [1, 2])
  runs[0]!.end()
  await settle()
  void batcher.submit(3, 'bulk')
  await settle()
  assert.equal(runs.length, 1)
  coming = false
  batcher.poke()
  await settle()
  assert.deepEqual(runs[1]?.items, [3])
})

test('single images overtake, and do not starve the others', async () => {
  const { runs, batcher } = setup({ fairness: 2 })
  for (let i = 0; i < 9; i++) void batcher.submit(i, 'bulk')
  await settle()
  for (let i = 100; i < 107; i++) void batcher.submit(i, 'single')
  for (let i = 0; i < 6; i++) {
    await settle()
    runs[i]?.end()
  }
  await settle()
  assert.equal(runs[1]!.lane, 'single')
  assert.deepEqual(runs[1]!.items, [100, 101, 102, 103])
  assert.deepEqual(runs[2]!.items.slice(0, 3), [104, 105, 106])
  assert.equal(runs[2]!.items.length, 4) // the second run of singles takes others along
  assert.equal(runs.flatMap(({ items }) => items).length, 16)
})

test('a failed run fails its images only', async () => {
  let fail = true
  const batcher = createMicroBatcher<number, number>({
    cap: 8,
    lingerMs: { single: 1, bulk: 1 },
    isMoreComing: () => false,
    run: async (items) => {
      if (fail) throw new Error('broken')
      return items
    },
  })
  await assert.rejects(batcher.submit(1, 'single'), /broken/)
  fail = false
  assert.equal(await batcher.submit(2, 'single'), 2)
})

test('slots: no more at once than there are, single images first, released once', async () => {
  const slots = createCpuSlots(1)
  const order: string[] = []
  const first = await slots.enter('bulk')
  const rest = (['bulk', 'single', 'bulk'] as const).map(async (lane, i) => {
    const leave = await slots.enter(lane)
    order.push(`${lane}${i}`)
    leave()
    leave()
  })
  assert.deepEqual(order, [])
  first()
  await Promise.all(rest)
  assert.deepEqual(order, ['single1', 'bulk0', 'bulk2'])
})
