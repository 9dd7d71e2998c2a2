import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { after, describe, it } from 'node:test'
import sharp from 'sharp'
import { decodeImage } from '../../src/images/decode.ts'
import { imageLimits } from '../../src/images/limits.ts'
import type { DecodeTarget } from '../../src/images/pixels.ts'
import type { DecodeChild } from '../../src/serving/decode-child.ts'
import { createDecodePool, type DecodePool } from '../../src/serving/decode-pool.ts'
import { decodeIn } from '../../src/serving/decode-run.ts'
import { jpegOfScans } from '../support/costly-images.ts'
import { noise } from '../support/image-files.ts'

const target: DecodeTarget = { width: 64, height: 64, resize: 'stretch' }
const photo = () => sharp(noise(400 * 300 * 3, 5), { raw: { width: 400, height: 300, channels: 3 } })

/** Decode processes below this one. */
function processes(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const isOurs =
          Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[1]) === process.pid
        return isOurs && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('decode-process')
      } catch {
        return false
      }
    })
}

/** Does each of its threads have a lower priority than this process? */
function givesWay(pid: number): boolean {
  const niceOf = (path: string) => Number(readFileSync(path, 'utf8').split(') ').at(-1)!.split(' ')[16])
  const own = niceOf('/proc/self/stat')
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return threads.length > 1 && threads.every((thread) => niceOf(`/proc/${pid}/task/${thread}/stat`) > own)
  } catch {
    return false // it has ended
  }
}

const isLinux = process.platform === 'linux'
// its header is honest, so the limits of the header are lifted: what the pool stops by itself is seen
const blind = { ...imageLimits, maxMilliseconds: 60_000 }
const slowImage = jpegOfScans(8000, 8000, 199) // 7 s of CPU time: far more than a machine under load takes for the rest

describe('the decode pool', { skip: isLinux ? false : 'reads /proc' }, () => {
  const pools: DecodePool[] = []
  const open = (options: Partial<Parameters<typeof createDecodePool>[0]> = {}): DecodePool => {
    const pool = createDecodePool({ cores: 1, ...options })
    pools.push(pool)
    return pool
  }
  after(() => {
    for (const pool of pools) pool.close()
  })

  it('gives the pixels that decoding here gives, and a thumbnail beside them', async () => {
    const pool = open()
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const) {
      const bytes = await photo().toFormat(format).toBuffer()
      const here = await decodeImage({ name: 'a', bytes }, target)
      const { pixels, thumbnail } = await pool.decode({ name: 'a', bytes, target, thumbnail: true, lane: 'single' })
      assert.deepEqual([pixels.width, pixels.height], [64, 64])
      assert.deepEqual(Buffer.from(pixels.data), Buffer.from(here.data), format)
      assert.equal((await sharp(thumbnail).metadata()).format, 'webp')
    }
    pool.close()
  })

  it('tells of the pixels what decoding here tells', async () => {
    const pool = open()
    const asked: DecodeTarget = { ...target, withOriginal: true, sizes: 'both' }
    const bytes = await sharp({ create: { width: 300, height: 200, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
    const { data: here, ...about } = await decodeImage({ name: 'a', bytes }, asked)
    const { data, ...told } = (await pool.decode({ name: 'a', bytes, target: asked, lane: 'single' })).pixels
    assert.ok(about.original && about.notes && about.sizes)
    assert.deepEqual(told, about)
    assert.deepEqual(Buffer.from(data), Buffer.from(here))
    pool.close()
  })

  it('slow images leave nothing behind at the signal that many of them share', async () => {
    const pool = open()
    const large = { create: { width: 6000, height: 6000, channels: 3 as const, background: 'red' } }
    const bytes = await sharp(large).png({ compressionLevel: 1 }).toBuffer()
    const { signal } = new AbortController()
    const ask = { name: 'a', bytes, target, lane: 'bulk', signal } as const
    await Promise.all([pool.decode(ask), pool.decode(ask), pool.decode(ask)])
    assert.equal(getEventListeners(signal, 'abort').length, 0)
    pool.close()
  })

  it('many at once, each its own answer; errors have their code and name', async () => {
    const pool = open({ cores: 2 })
    const colours = Array.from({ length: 40 }, (_, i) => ({ r: i * 6, g: 0, b: 0 }))
    await Promise.all(
      colours.map(async (background) => {
        const bytes = await sharp({ create: { width: 20, height: 20, channels: 3, background } })
          .png()
          .toBuffer()
        const { pixels } = await pool.decode({ name: 'a', bytes, target, lane: 'bulk' })
        assert.equal(pixels.data[0], background.r)
      }),
    )
    const cut = (await photo().jpeg().toBuffer()).subarray(0, 2000)
    await assert.rejects(pool.decode({ name: 'cut.jpg', bytes: cut, target, lane: 'single' }), {
      code: 'IMAGE_UNREADABLE',
      message: /"cut\.jpg"/,
    })
    await assert.rejects(pool.decode({ name: 't', bytes: Buffer.from('text'), target, lane: 'single' }), {
      code: 'IMAGE_UNREADABLE',
    })
    pool.close()
  })

  it('an ordinary image does not wait for slow ones', async () => {
    const pool = open({ limits: { ...blind, maxMilliseconds: 60_000 } })
    const ordinary = await photo().jpeg().toBuffer()
    await pool.decode({ name: 'warm', bytes: ordinary, target, lane: 'single' })
    const slow = Array.from({ length: 4 }, () =>
      pool.decode({ name: 'slow', bytes: slowImage, target, lane: 'single' }).catch((error: unknown) => error),
    )
    let worst = 0
    for (let i = 0; i < 10; i++) {
      const started = performance.now()
      await pool.decode({ name: 'b', bytes: ordinary, target, lane: 'single' })
      worst = Math.max(worst, performance.now() - started)
    }
    assert.ok(worst < 3000, `waited ${worst} ms`) // far less on an idle machine
    pool.close()
    await Promise.all(slow)
  })

  it('slow images of a batch come to their turn while slow single ones keep coming, and an image does not wait for all dearer ones', async () => {
    const pool = open()
    const cheap = jpegOfScans(3000, 3000, 190)
    const dear = jpegOfScans(4000, 4000, 190)
    const order: string[] = []
    const ask = async (name: string, bytes: Buffer, lane: 'single' | 'bulk') => {
      await pool.decode({ name, bytes, target, lane })
      order.push(name)
    }
    await Promise.all([
      ask('first', dear, 'single'),
      ...['a', 'b', 'c', 'd'].map((name) => ask(name, dear, 'single')),
      ask('of a batch', dear, 'bulk'),
      ask('cheap', cheap, 'single'),
    ])
    assert.deepEqual(order.slice(0, 3), ['first', 'of a batch', 'cheap'])
    pool.close()
  })

  it('in the slow lane every thread of the process gives way', async () => {
    const pool = open()
    let isDone = false
    const work = pool.decode({ name: 'slow', bytes: jpegOfScans(8000, 8000, 60), target, lane: 'single' })
    work.finally(() => {
      isDone = true
    })
    let found = false
    while (!isDone && !found) {
      found = processes().some(givesWay)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    assert.ok(found)
    await work
    pool.close()
  })

  it('a process that works slowly is not stuck, one that does nothing is', async () => {
    for (const cpuSecondsEach of [0.01, 0]) {
      let looks = 0
      let fail: (error: Error) => void = () => {}
      const child: DecodeChild = {
        ready: Promise.resolve(),
        ask: () =>
          new Promise((resolve, reject) => {
            fail = reject
            setTimeout(() => resolve({ header: { width: 1, height: 1, pixels: 3 }, bytes: Buffer.alloc(3) }), 900)
          }),
        usage: () => ({ cpuSeconds: looks++ * cpuSecondsEach, mebibytes: 1 }),
        yieldCpu() {},
        kill: () => fail(new Error('killed')),
        isDead: false,
      }
      const bytes = Buffer.alloc(1)
      const decoding = decodeIn(child, { name: 'a', bytes, target, lane: 'single' }, imageLimits, () => 'on', 300)
      if (cpuSecondsEach > 0) assert.equal((await decoding).pixels.width, 1)
      else await assert.rejects(decoding, /stuck/)
    }
  })

  it('an abort ends the work, not only the wait', async () => {
    const pool = open({ limits: blind })
    const ordinary = await photo().jpeg().toBuffer()
    await pool.decode({ name: 'warm', bytes: ordinary, target, lane: 'single' })
    const stop = new AbortController()
    const work = Array.from({ length: 5 }, () =>
      pool.decode({ name: 'slow', bytes: slowImage, target, lane: 'single', signal: stop.signal }),
    )
    await new Promise((resolve) => setTimeout(resolve, 600))
    stop.abort()
    const started = performance.now()
    for (const result of await Promise.allSettled(work)) assert.equal(result.status, 'rejected')
    assert.ok(performance.now() - started < 4000) // the work itself would take 35 s
    const aborted = AbortSignal.abort()
    await assert.rejects(pool.decode({ name: 'x', bytes: ordinary, target, lane: 'bulk', signal: aborted }), {
      code: 'CANCELLED',
    })
    await pool.decode({ name: 'b', bytes: ordinary, target, lane: 'single' })
    pool.close()
  })

  it('a process that dies costs its own image a second try, and nobody else', async () => {
    const pool = open({ cores: 2 })
    const ordinary = await photo().jpeg().toBuffer()
    await pool.decode({ name: 'warm', bytes: ordinary, target, lane: 'single' })
    const before = new Set(processes())
    assert.ok(before.size >= 3)
    const work = Array.from({ length: 60 }, (_, i) =>
      pool.decode({ name: `${i}`, bytes: ordinary, target, lane: 'bulk' }),
    )
    for (const pid of before) process.kill(pid, 'SIGKILL')
    for (const { pixels } of await Promise.all(work)) assert.equal(pixels.width, 64)
    assert.ok(processes().every((pid) => !before.has(pid)))
    pool.close()
  })

  it('nothing is left when it is closed', async () => {
    for (const pool of pools) pool.close()
    for (let i = 0; i < 100 && processes().length > 0; i++) await new Promise((resolve) => setTimeout(resolve, 50))
    assert.deepEqual(processes(), [])
  })
})
