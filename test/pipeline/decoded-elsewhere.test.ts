/** A worker's fit has no files: it asks another process for pixels. The model is the one that the command line makes. */
import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import { createRandom } from '../../src/core/random.ts'
import { openBackbone } from '../../src/features/registry.ts'
import { decodeImage, type ImageSource } from '../../src/images/decode.ts'
import { encodeImage } from '../../src/images/encode.ts'
import { takeFirstLook } from '../../src/pipeline/first-look.ts'
import { axesOf } from '../../src/pipeline/patches.ts'

const network = await openBackbone(undefined, { home: '/nonexistent', threads: 1 })
after(() => network.close())

const side = 320

/** Rings at one place on fine grain: a part with more pixels than the network takes. */
async function ring(seed: number): Promise<ImageSource> {
  const random = createRandom(seed)
  const [radius, tone] = [80 + random.int(6), 100 + random.int(30)]
  const data = new Uint8Array(side * side * 3)
  for (let at = 0; at < side * side; at++) {
    const isRing = Math.abs(Math.hypot((at % side) - 160, Math.floor(at / side) - 160) - radius) < 14
    data.fill((isRing ? 60 : tone) + random.int(12), 3 * at, 3 * at + 3)
  }
  return { name: `${seed}.png`, bytes: await encodeImage({ width: side, height: side, data }, 'png') }
}

it('chooses the same detail where images are decoded elsewhere', async () => {
  const files = await Promise.all(Array.from({ length: 60 }, (_, i) => ring(i)))
  const axes = await axesOf(network, undefined)
  const asked = { detail: 'auto', light: 'as-is', patches: true } as const
  const here = await takeFirstLook(files, network, axes, asked, { range: undefined })
  const empty = files.map(({ name }) => ({ name, bytes: new Uint8Array(0) }))
  const there = await takeFirstLook(empty, network, axes, asked, {
    range: undefined,
    decode: (source, target) => decodeImage(files[empty.indexOf(source as (typeof empty)[number])]!, target),
  })
  assert.equal(here.detail, 2, 'twice the side was tried, and finds more')
  assert.deepEqual(there, here)
})
