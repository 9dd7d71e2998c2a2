import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { OneclassError } from '../../src/errors.ts'
import type { Backbone } from '../../src/features/backbone.ts'
import { embedImages } from '../../src/features/embed.ts'
import { type parseManifest, readBackboneFiles } from '../../src/features/manifest.ts'
import { openOnnx } from '../../src/features/onnx/onnx.ts'
import { spread } from '../../src/features/onnx/spread.ts'
import { encodeImage } from '../../src/images/encode.ts'
import type { Pixels } from '../../src/images/pixels.ts'
import { pixels } from '../support/networks.ts'

const manifestFile = 'models/oc-s3/manifest.json'

describe('a network that is spread over threads', () => {
  let alone: Backbone
  let network: { weights: Uint8Array; manifest: ReturnType<typeof parseManifest> }
  before(async () => {
    network = await readBackboneFiles(manifestFile)
    alone = await openOnnx(network.weights, network.manifest, { threads: 1 })
  })
  after(() => alone.close())

  const images = (count: number): Pixels[] =>
    Array.from({ length: count }, (_, i) => pixels(alone.target.width, alone.target.height, i))

  /** Three threads, whose own session is asked for nothing once they are ready. */
  async function startSpread(): Promise<Backbone> {
    const busy = () => Promise.reject(new Error('the own session was asked'))
    const own = Object.assign(Object.create(alone) as Backbone, { embed: busy, look: busy, close: async () => {} })
    const wide = spread(own, 3, network)
    wide.expect?.(1000)
    for (;;) {
      const [first] = await Promise.allSettled([wide.embed(images(2))])
      if (first?.status === 'fulfilled') return wide
      await sleep(20)
    }
  }

  it('gives the same embeddings and maps, to the last bit and in order', async () => {
    const wide = await startSpread()
    try {
      for (const count of [2, 7, 8, 20]) {
        assert.deepEqual(await wide.embed(images(count)), await alone.embed(images(count)))
        assert.deepEqual(await wide.look?.(images(count)), await alone.look?.(images(count)))
      }
      const several = await Promise.all([wide.embed(images(9)), wide.look?.(images(5)), wide.embed(images(3))])
      assert.deepEqual(several, [
        await alone.embed(images(9)),
        await alone.look?.(images(5)),
        await alone.embed(images(3)),
      ])
    } finally {
      await wide.close()
    }
  })

  it('keeps the order of a long list, with errors in their places', async () => {
    const wide = await startSpread()
    const sources = await Promise.all(
      images(30).map(async (image, i) => ({
        name: `${i}.png`,
        bytes: i % 7 === 2 ? Buffer.from('no image') : await encodeImage(image, 'png'),
      })),
    )
    const collect = async (backbone: Backbone) => {
      const found = []
      for await (const { index, embedding, error } of embedImages(backbone, sources))
        found.push({ index, embedding, error: error?.code })
      return found
    }
    try {
      assert.deepEqual(await collect(wide), await collect(alone))
    } finally {
      await wide.close()
    }
  })

  it('fails as one session does, and ends with what is under way', async () => {
    const wide = await startSpread()
    const wrong = [...images(3), pixels(7, 7, 1)]
    await assert.rejects(wide.embed(wrong), (error) => error instanceof OneclassError && error.code === 'INTERNAL')
    const late = assert.rejects(wide.embed(images(40)), /closed/i)
    await wide.close()
    await late
  })

  it('ends idle threads, and starts them again', async () => {
    let asked = 0
    const own = Object.assign(Object.create(alone) as Backbone, {
      embed: (some: readonly Pixels[]) => {
        asked++
        return alone.embed(some)
      },
      close: async () => {},
    })
    const wide = spread(own, 2, network, 100)
    const isByThreads = async () => {
      const before = asked
      await wide.embed(images(2))
      return asked === before
    }
    const until = async (wanted: boolean) => {
      for (let tries = 0; (await isByThreads()) !== wanted; tries++) {
        assert.ok(tries < 100, wanted ? 'threads start' : 'threads end')
        await sleep(wanted ? 20 : 200)
      }
    }
    for (let round = 0; round < 2; round++) {
      assert.deepEqual(await wide.embed(images(60)), await alone.embed(images(60)))
      await until(true)
      await until(false)
    }
    await wide.close()
  })

  it('is not started for few images or single ones', async () => {
    const broken = { weights: await readFile(manifestFile), manifest: network.manifest } // threads could not open it
    const few = spread(alone, 3, broken)
    for (let i = 0; i < 60; i++) await few.embed(images(1))
    assert.deepEqual(await few.embed(images(4)), await alone.embed(images(4)))
    few.expect?.(1000) // and now they cannot: the own session goes on
    await sleep(100)
    assert.deepEqual(await few.embed(images(4)), await alone.embed(images(4)))
    await few.close()
    alone = await openOnnx(network.weights, network.manifest, { threads: 1 })
  })
})
