/** Calls to a thread: answers, errors as they were, progress, cancelling, an end without an answer; `store/model-file.ts` is the example. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import type { LibraryCalls } from '../../src/library/calls.ts'
import type { ModelFileCalls } from '../../src/store/model-file.ts'
import { startThread } from '../../src/system/thread-call.ts'
import { drawFolder } from '../support/command-line.ts'

const modelFile = new URL('../../src/store/model-file-thread.js', import.meta.url)
const library = new URL('../../src/library/library-thread.js', import.meta.url)

test('an error comes back with its code, a fault as INTERNAL with its cause, and the thread answers on', async () => {
  const thread = startThread<ModelFileCalls>(modelFile)
  const read = (bytes: unknown) => thread.call('read', { bytes: bytes as Uint8Array, alpha: undefined })
  await assert.rejects(read(new Uint8Array(3)), { code: 'MODEL_CORRUPT' })
  await assert.rejects(
    read(null),
    (error: Error & { code?: string }) => error.code !== undefined && error instanceof Error,
  )
  await assert.rejects(
    read(() => {}),
    { name: 'DataCloneError' },
  )
  await assert.rejects(read(new Uint8Array(9)), { code: 'MODEL_CORRUPT' })
  await thread.end()
  await assert.rejects(read(new Uint8Array(3)), { code: 'CANCELLED' })
})

test('memory that is given away is gone here', async () => {
  const thread = startThread<ModelFileCalls>(modelFile)
  const bytes = new Uint8Array(9)
  const options = { transfer: [bytes.buffer] }
  await assert.rejects(thread.call('read', { bytes, alpha: undefined }, options), { code: 'MODEL_CORRUPT' })
  assert.equal(bytes.length, 0)
  await thread.end()
})

test('a signal rejects at once, also one that was aborted before; the end rejects what waits', async () => {
  const thread = startThread<LibraryCalls>(library)
  const input = { home: '/nowhere', ref: 'x', folder: '/nowhere' }
  await assert.rejects(thread.call('evaluate', input, { signal: AbortSignal.abort() }), { code: 'CANCELLED' })
  const stop = new AbortController()
  const cancelled = thread.call('evaluate', input, { signal: stop.signal })
  stop.abort()
  await assert.rejects(cancelled, { code: 'CANCELLED' })
  const waiting = thread.call('evaluate', input)
  await Promise.all([assert.rejects(waiting, { code: 'CANCELLED' }), thread.end()])
})

test('what the function for progress throws is the outcome of the call, and ends no process', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oneclass-thread-'))
  try {
    const positives = join(folder, 'parts')
    await drawFolder(positives, 12, 3)
    const thread = startThread<LibraryCalls>(library)
    const input = { home: join(folder, 'home'), name: 'x', positives, patches: false }
    const onProgress = () => {
      throw new Error('of the caller')
    }
    await assert.rejects(thread.call('fit', input, { onProgress }), { message: 'of the caller' })
    await thread.end()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
