/** Places: what bytes stand for, by axes of one map, as they are fitted, and by axes of all maps, as models of earlier builds have them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRandom, type Random } from '../../src/core/random.ts'
import {
  fitPlaceAxes,
  mapToLookAt,
  middle,
  type PlaceAxes,
  type PlaceMap,
  placesBy,
} from '../../src/detectors/patches/places.ts'

const random = createRandom(5)

function map(channels: number, side: number, from: Random): PlaceMap {
  const data = Float32Array.from({ length: channels * side * side }, () => from.normal())
  return { channels, height: side, width: side, data }
}

const images = Array.from({ length: 6 }, (_, i) => [
  map(12, 8, random.fork(`fine ${i}`)),
  map(20, 4, random.fork(`coarse ${i}`)),
])
const [fine, coarse] = [0, 1].map((m) => fitPlaceAxes(images.map((maps) => maps[m]!))) as [PlaceAxes, PlaceAxes]
const fitted = together(fine, coarse)

/** As models of earlier builds have them: axes of both maps, each blind to the other. */
function together(first: PlaceAxes, second: PlaceAxes): PlaceAxes {
  const channels = first.channels + second.channels
  const rows = [
    ...Array.from({ length: first.count }, (_, k) => [...rowOf(first, k), ...Array(second.channels).fill(0)]),
    ...Array.from({ length: second.count }, (_, k) => [...Array(first.channels).fill(0), ...rowOf(second, k)]),
  ]
  const joined = (of: 'centre' | 'steps') => Float32Array.from([...first[of], ...second[of]])
  const axes = Float32Array.from(rows.flat())
  return { channels, count: rows.length, axes, centre: joined('centre'), steps: joined('steps') }
}

function rowOf({ axes, channels }: PlaceAxes, k: number): Float32Array {
  return axes.subarray(k * channels, (k + 1) * channels)
}

/** Channels of both maps at a spot of the fine one; beyond the border lies what is on it. */
function at(maps: readonly PlaceMap[], x: number, y: number): number[] {
  const [u, v] = [Math.max(0, Math.min(7, x)), Math.max(0, Math.min(7, y))]
  return maps.flatMap(({ channels, height, width, data }) =>
    Array.from({ length: channels }, (_, c) => {
      const [row, column] = [Math.floor((v * height) / 8), Math.floor((u * width) / 8)]
      return data[(c * height + row) * width + column]!
    }),
  )
}

function slowly({ channels, count, axes, centre, steps }: PlaceAxes, maps: readonly PlaceMap[]): number[] {
  return Array.from({ length: 64 * count }, (_, i) => {
    const [p, k] = [Math.floor(i / count), i % count]
    let sum = 0
    for (let dy = -1; dy <= 1; dy++)
      for (let dx = -1; dx <= 1; dx++)
        for (const [c, value] of at(maps, (p % 8) + dx, Math.floor(p / 8) + dy).entries())
          sum += (axes[k * channels + c]! * value) / 9
    return Math.max(1, Math.min(255, Math.round((sum - centre[k]!) / steps[k]!) + middle))
  })
}

function assertClose(found: Uint8Array, expected: readonly number[]): void {
  assert.equal(found.length, expected.length)
  // sums in another order may round the other way
  assert.ok(expected.every((value, i) => Math.abs(value - found[i]!) <= 1))
  assert.ok(expected.filter((value, i) => value !== found[i]).length < expected.length / 100)
}

describe('places', () => {
  it('have axes of one map, at most 48', () => {
    assert.deepEqual([coarse.channels, coarse.count], [20, 20])
    assert.equal(fitPlaceAxes([map(60, 12, random.fork('wide'))]).count, 48)
  })

  it('are those of the map that the axes look at, whatever else a network shows', () => {
    for (const maps of images) assert.deepEqual(placesBy(coarse)(maps), placesBy(coarse)([maps[1]!]))
    assert.equal(placesBy(coarse)(images[0]!).length, 4 * 4 * 20)
  })

  it('are of the coarsest map of stride 16 or less', () => {
    const strides = (...all: number[]) => all.map((stride) => ({ stride }))
    assert.equal(mapToLookAt(strides(8, 16, 32)).stride, 16)
    assert.equal(mapToLookAt(strides(8, 16)).stride, 16)
    assert.equal(mapToLookAt(strides(32)).stride, 32)
  })

  it('are the projections of a spot and its neighbours, in bytes', () => {
    for (const maps of images.slice(0, 2)) assertClose(placesBy(fitted)(maps), slowly(fitted, maps))
  })

  it('are the same by axes that see all maps', () => {
    const mixed = { ...fitted, axes: fitted.axes.map((value, i) => value + 0.1 * random.fork(`axis ${i}`).normal()) }
    assertClose(placesBy(mixed)(images[0]!), slowly(mixed, images[0]!))
  })
})
