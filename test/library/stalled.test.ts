/** A caller's stream that gives a part and then nothing: a signal and `close()` end every call that reads it, and it is left. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import test, { after, before } from 'node:test'
import { embed, fit, type ImageBytes, type ImageInput, load, loadModels } from '../../src/index.ts'
import { drawFolder } from '../support/command-line.ts'

let folder = ''
let home = ''
let bytes: Uint8Array
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneclass-stalled-'))
  home = join(folder, 'home')
  const paths = await drawFolder(join(folder, 'train'), 24, 1)
  bytes = await readFile(paths[0]!)
  await fit(join(folder, 'train'), { name: 'part', home, patches: false })
})
after(() => rm(folder, { recursive: true, force: true }))

interface Stalled {
  readonly image: ImageBytes
  readonly isLeft: () => boolean
}

function webStream<T>(piece: T): { stream: ReadableStream<T>; isLeft: () => boolean } {
  let isLeft = false
  const stream = new ReadableStream<T>({
    start: (controller) => controller.enqueue(piece),
    cancel() {
      isLeft = true
    },
  })
  return { stream, isLeft: () => isLeft }
}

function stalled(): Stalled[] {
  const web = webStream(bytes)
  const node = new Readable({ read() {} })
  node.push(bytes)
  const never = new Promise<ArrayBuffer>(() => {})
  return [
    { image: web.stream, isLeft: web.isLeft },
    { image: node, isLeft: () => node.destroyed },
    { image: { arrayBuffer: () => never }, isLeft: () => true },
  ]
}

async function endsSoon(call: Promise<unknown>, end: () => unknown, message: RegExp): Promise<void> {
  const late = new Promise((_, reject) => setTimeout(reject, 5000, new Error('it still waits')).unref())
  const rejected = assert.rejects(Promise.race([call, late]), { code: 'CANCELLED', message })
  await new Promise((resolve) => setTimeout(resolve, 50))
  await end()
  await rejected
}

async function first<T>(results: AsyncGenerator<T>): Promise<unknown> {
  return await results.next()
}

test('a signal ends every call whose source stalls', { timeout: 60_000 }, async () => {
  await using one = await load('part', { home })
  await using many = await loadModels(['part'], { home })
  type Call = (image: ImageInput, signal: AbortSignal) => Promise<unknown>
  const calls: Call[] = [
    (image, signal) => one.score(image, { signal }),
    (image, signal) => one.explain(image, { signal }),
    (image, signal) => first(one.scoreAll([image], { signal })),
    (image, signal) => many.score(image, { signal }),
    (image, signal) => first(many.scoreAll([image], { signal })),
    (image, signal) => fit([image], { name: 'other', home, signal }),
    (image, signal) => fit(join(folder, 'train'), { name: 'other', home, signal, negatives: [image] }),
    (image, signal) => embed([image], { home, signal }),
  ]
  for (const call of calls)
    for (const { image, isLeft } of stalled()) {
      const control = new AbortController()
      await endsSoon(call(image, control.signal), () => control.abort(), /was cancelled/)
      assert.ok(isLeft(), String(call))
    }
  const images = webStream<ImageInput>(bytes)
  const control = new AbortController()
  await endsSoon(embed(images.stream, { home, signal: control.signal }), () => control.abort(), /was cancelled/)
  assert.ok(images.isLeft())
  const whole = await one.score(Readable.from([bytes]), { signal: new AbortController().signal })
  assert.ok('pValue' in whole)
})

test('close ends the calls of a loaded model whose source stalls', { timeout: 60_000 }, async () => {
  for (const kind of [0, 1, 2]) {
    const one = await load('part', { home })
    const many = await loadModels(['part'], { home })
    const sources = Array.from({ length: 5 }, () => stalled()[kind]!)
    const [a, b, c, d, e] = sources.map(({ image }) => image) as [
      ImageInput,
      ImageInput,
      ImageInput,
      ImageInput,
      ImageInput,
    ]
    const calls = [one.score(a), one.explain(b), first(one.scoreAll([c])), many.score(d), first(many.scoreAll([e]))]
    const close = () => Promise.all([one.close(), many.close()])
    await Promise.all(calls.map((call) => endsSoon(call, close, /was closed/)))
    assert.ok(sources.every(({ isLeft }) => isLeft()))
  }
})
