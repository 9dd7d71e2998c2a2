/**
 * Networks in a thread of their own. ONNX Runtime runs on the thread that calls it, some 30 ms for a batch of 8; on the
 * main thread that would delay lock renewal, heartbeats and every other job.
 */
import { Worker } from 'node:worker_threads'
import { OneclassError } from '../errors.ts'
import type { Backbone, Look } from '../features/backbone.ts'
import type { Pixels } from '../images/pixels.ts'
import { nativeWorkData, nativeWorkEnds, waitForNativeWorkAtExit } from '../system/native-work.ts'
import type { ErrorBody } from '../wire/error.ts'
import type { Answer, Asked, BackboneKey, Described } from './inference-thread.ts'

/** A backbone without its session: what `embed` needs goes to the thread. */
export type RemoteBackbone = Pick<Backbone, 'id' | 'hash' | 'dim' | 'target' | 'maps'> & {
  readonly key: BackboneKey
  /** The model looks at places: `embed` shall give the maps too. */
  readonly withMaps?: boolean
}

export interface Inference {
  /** @param label NAME@VERSION of the model that wants it, for what is said where it is not here */
  open(key: BackboneKey, label?: string): Promise<RemoteBackbone>
  embed(backbone: RemoteBackbone, images: readonly Pixels[]): Promise<(Look | OneclassError)[]>
  close(): Promise<void>
}

export function startInference(options: { home: string; threads: number; onExit: (error: Error) => void }): Inference {
  const thread = new Worker(new URL('./inference-thread.js', import.meta.url), {
    workerData: { home: options.home, threads: options.threads, ...nativeWorkData },
  })
  waitForNativeWorkAtExit()
  const pending = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>()
  const opened = new Map<string, Promise<RemoteBackbone>>()
  let nextId = 0
  let isClosing = false

  thread.on('message', (answer: Answer) => {
    const entry = pending.get(answer.id)
    pending.delete(answer.id)
    if (answer.error) entry?.reject(new OneclassError(answer.error.code, answer.error.message))
    else entry?.resolve(answer.value)
  })
  const fail = (error: Error): void => {
    for (const entry of pending.values()) entry.reject(error)
    pending.clear()
    if (!isClosing) options.onExit(error)
  }
  thread.on('error', fail)
  thread.on('exit', (code) => fail(new Error(`the inference thread ended (${code})`)))

  const ask = <T>(question: Asked): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const id = nextId++
      pending.set(id, { resolve: resolve as (value: unknown) => void, reject })
      thread.postMessage({ id, ...question })
    })

  return {
    open(key, label) {
      const name = JSON.stringify(key)
      let backbone = opened.get(name)
      if (backbone === undefined) {
        backbone = ask<Described>({ open: key, ...(label !== undefined && { label }) }).then((described) => ({
          ...described,
          key,
        }))
        opened.set(name, backbone)
        backbone.catch(() => opened.delete(name)) // a pull may bring it later
      }
      return backbone
    },
    async embed(backbone, images) {
      const { key, maps = [], withMaps } = backbone
      const results = await ask<(Look | ErrorBody)[]>({ embed: key, images, maps: withMaps ? maps : [] })
      return results.map((result) => ('embedding' in result ? result : new OneclassError(result.code, result.message)))
    },
    async close() {
      isClosing = true
      await nativeWorkEnds()
      await thread.terminate()
    },
  }
}
