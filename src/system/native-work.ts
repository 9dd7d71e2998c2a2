/**
 * Work of native modules in threads. ONNX Runtime and libvips abort the process ("terminate called after throwing an instance of
 * 'Napi::Error'") where their thread is torn down before they have given back what they made, as every end of a process does: Ctrl-C, a
 * reader that went away, `process.exit` of a program that uses the library. So the end waits for what is under way, and none begins then.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, workerData } from 'node:worker_threads'
import { OneclassError } from '../errors.ts'

/** Longer nobody waits: what has not come back by then will not. */
const mostMs = 5000

const given: unknown = (workerData as { nativeWork?: unknown } | null)?.nativeWork
const shared = given instanceof SharedArrayBuffer ? given : new SharedArrayBuffer(8)
const cells = new Int32Array(shared)
/** Pieces of work under way in all threads; 1 when the process ends. */
const [underWay, ending] = [0, 1]

/** To be the `workerData` of each thread that does such work. */
export const nativeWorkData = { nativeWork: shared }

/** @throws CANCELLED in a thread of a process that ends */
export async function nativeWork<T>(work: () => Promise<T>): Promise<T> {
  if (isMainThread) return await work()
  Atomics.add(cells, underWay, 1)
  try {
    if (Atomics.load(cells, ending) === 1) throw new OneclassError('CANCELLED', 'The process ends.')
    return await work()
  } finally {
    Atomics.sub(cells, underWay, 1)
    Atomics.notify(cells, underWay)
  }
}

/** Returns when none is under way in any thread, or it has been too long. */
export async function nativeWorkEnds(): Promise<void> {
  const deadline = performance.now() + mostMs
  while (Atomics.load(cells, underWay) > 0 && performance.now() < deadline) await sleep(20, undefined, { ref: false })
}

let isWatched = false

/** To be called where a thread is started. */
export function waitForNativeWorkAtExit(): void {
  if (isWatched || !isMainThread) return
  isWatched = true
  process.on('exit', () => {
    Atomics.store(cells, ending, 1)
    const deadline = performance.now() + mostMs
    for (let left = mostMs; left > 0; left = deadline - performance.now()) {
      const count = Atomics.load(cells, underWay)
      if (count === 0) return
      Atomics.wait(cells, underWay, count, left)
    }
  })
}
