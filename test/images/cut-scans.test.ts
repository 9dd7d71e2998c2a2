/** A JPEG that was cut between two of its scans decodes without a word, to another picture: it is refused. */
import assert from 'node:assert/strict'
import test from 'node:test'
import sharp from 'sharp'
import { createRandom } from '../../src/core/random.ts'
import { decodeImage } from '../../src/images/decode.ts'
import { renderPart } from '../../src/images/demo-images.ts'

const part = renderPart(createRandom(1).fork(0))
const raw = { width: part.width, height: part.height, channels: 3 } as const
const side = 96
const image = () => sharp(part.data, { raw }).resize(side, side)

/** Places of the segments of a kind, beyond the first scan's data or before. */
function placesOf(jpeg: Uint8Array, markers: readonly number[]): number[] {
  return Array.from(jpeg.keys()).filter((at) => jpeg[at] === 0xff && markers.includes(jpeg[at + 1]!))
}

/** Of the file as it is when it is cut at each of these places. */
async function codesOf(jpeg: Uint8Array, places: readonly number[]): Promise<Set<string>> {
  const target = { width: side, height: side, resize: 'stretch' } as const
  const codes = places.map((at) =>
    decodeImage({ name: 'x', bytes: jpeg.subarray(0, at) }, target).then(
      ({ notes }) => notes?.[0]?.code ?? 'WHOLE',
      ({ code }) => code,
    ),
  )
  return new Set(await Promise.all(codes))
}

test('between two scans of a progressive file, in colour and in grey', async () => {
  const files = {
    colour: image().jpeg({ progressive: true }),
    grey: image().greyscale().jpeg({ progressive: true }),
    'scans as they pack best': image().jpeg({ mozjpeg: true }),
  }
  for (const [name, encoded] of Object.entries(files)) {
    const jpeg = await encoded.toBuffer()
    const [first = 0, ...more] = placesOf(jpeg, [0xda])
    const between = placesOf(jpeg, [0xc4, 0xda]).filter((at) => at > first)
    assert.ok(more.length > 2, name)
    assert.deepEqual(await codesOf(jpeg, between), new Set(['IMAGE_UNREADABLE']), name)
    // in the head of a scan, and before its data
    for (const at of more) assert.deepEqual(await codesOf(jpeg, [at + 5, at + 10]), new Set(['IMAGE_UNREADABLE']))
    assert.deepEqual(await codesOf(jpeg, [jpeg.length - 2, jpeg.length - 1]), new Set(['TRUNCATED']), name)
  }
})

test('between the scans of the components of a sequential file', async () => {
  const jpeg = await componentByComponent()
  const [, second = 0, third = 0] = placesOf(jpeg, [0xda])
  assert.ok(third > second && second > 0)
  assert.deepEqual(await codesOf(jpeg, [jpeg.length]), new Set(['WHOLE']))
  assert.deepEqual(await codesOf(jpeg, [second, third]), new Set(['IMAGE_UNREADABLE']))
  assert.deepEqual(await codesOf(jpeg, [jpeg.length - 2]), new Set(['TRUNCATED']))
})

/** Three grey files with the same tables as the components of one. */
async function componentByComponent(): Promise<Uint8Array> {
  const greys = await Promise.all(
    ([0, 1, 2] as const).map((channel) => image().extractChannel(channel).jpeg({ optimiseCoding: false }).toBuffer()),
  )
  const scans = greys.flatMap((grey, i) => {
    const [at = 0] = placesOf(grey, [0xda])
    // its head is 10 bytes: of one component, whose id is in byte 5
    return [
      Buffer.from([...grey.subarray(at, at + 5), i + 1, ...grey.subarray(at + 6, at + 10)]),
      grey.subarray(at + 10, -2),
    ]
  })
  const [grey = Buffer.alloc(0)] = greys
  const [scan = 0] = placesOf(grey, [0xda])
  const [frame = 0] = placesOf(grey, [0xc0])
  const component = (id: number) => [id, 0x11, 0]
  const head = [
    0xff,
    0xc0,
    0,
    17,
    ...grey.subarray(frame + 4, frame + 9),
    3,
    ...component(1),
    ...component(2),
    ...component(3),
  ]
  return Buffer.concat([
    grey.subarray(0, frame),
    Buffer.from(head),
    grey.subarray(frame + 13, scan),
    ...scans,
    Buffer.from([0xff, 0xd9]),
  ])
}
