import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evenLight } from '../../src/images/even-light.ts'
import type { Pixels } from '../../src/images/pixels.ts'

function picture(
  width: number,
  height: number,
  at: (x: number, y: number) => readonly [number, number, number],
): Pixels {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(at(x, y), (y * width + x) * 3)
  return { width, height, data }
}

const spreadOf = ({ data }: Pixels) => Math.max(...data) - Math.min(...data)

test('what a lamp adds from one side to the other goes, and a small spot stays', () => {
  const lit = (x: number) => 40 + (160 * x) / 159
  const slope = picture(160, 120, (x) => [lit(x), lit(x), lit(x)])
  assert.equal(spreadOf(slope), 160)
  assert.ok(spreadOf(evenLight(slope)) < 40)
  const spotted = picture(160, 120, (x, y) =>
    Math.hypot(x - 80, y - 60) < 4 ? [20, 20, 20] : [lit(x), lit(x), lit(x)],
  )
  const at = (pixels: Pixels, x: number, y: number) => pixels.data[(y * 160 + x) * 3]!
  const evened = evenLight(spotted)
  assert.ok(at(evened, 80, 60) < 40 && at(evened, 60, 60) > 110)
})

test('a brighter shot of the same thing looks the same', () => {
  const grain = (x: number, y: number) => 90 + 10 * Math.sin(x / 3) * Math.cos(y / 2)
  const shots = [1, 1.8].map((light) => picture(64, 64, (x, y) => [light * grain(x, y), light * 60, light * 50]))
  const [dark, bright] = shots.map(evenLight)
  const worst = Math.max(...dark!.data.map((value, i) => Math.abs(value - bright!.data[i]!)))
  assert.ok(worst <= 4, `${worst} levels`)
})

test('colours stay what they are beside each other, blank and tiny images what they are', () => {
  const [r, g, b] = evenLight(picture(40, 30, () => [200, 100, 50])).data
  assert.ok(Math.abs(r! / g! - 208 / 108) < 0.02 && Math.abs(g! / b! - 108 / 58) < 0.04)
  assert.ok(spreadOf(evenLight(picture(40, 30, () => [7, 7, 7]))) === 0)
  assert.equal(evenLight(picture(1, 1, () => [9, 9, 9])).data.length, 3)
})

test('the surroundings are three box means after each other, edges repeated, also where a side is shorter than a box', () => {
  for (const [width, height] of [
    [48, 33],
    [3, 40],
    [1, 1],
  ] as const) {
    const image = picture(width, height, (x, y) => [(x * 37 + y * 91) % 256, (x * y * 13) % 256, (x * 7 + 5 * y) % 256])
    const grey = Array.from({ length: width * height }, (_, i) => {
      const [r, g, b] = image.data.subarray(3 * i, 3 * i + 3)
      return 0.299 * r! + 0.587 * g! + 0.114 * b!
    })
    const clamp = (value: number, most: number) => Math.max(0, Math.min(most, value))
    const blurred = (values: number[], side: number, at: (i: number, by: number) => number) => {
      const radius = Math.max(1, Math.round((Math.sqrt(4 * (side / 8) ** 2 + 1) - 1) / 2))
      const box = Array.from({ length: 2 * radius + 1 }, (_, k) => k - radius)
      return values.map((_, i) => box.reduce((sum, by) => sum + values[at(i, by)]!, 0) / box.length)
    }
    const inRow = (i: number, by: number) => i - (i % width) + clamp((i % width) + by, width - 1)
    const inColumn = (i: number, by: number) => clamp(Math.floor(i / width) + by, height - 1) * width + (i % width)
    let around = grey
    for (let pass = 0; pass < 3; pass++) around = blurred(around, width, inRow)
    for (let pass = 0; pass < 3; pass++) around = blurred(around, height, inColumn)
    const evened = evenLight(image).data
    for (const [i, value] of image.data.entries()) {
      const expected = Math.min(255, ((value + 8) * 128) / (around[Math.floor(i / 3)]! + 8))
      assert.ok(Math.abs(evened[i]! - expected) <= 0.501, `${width} x ${height}: ${evened[i]} for ${expected}`)
    }
  }
})
