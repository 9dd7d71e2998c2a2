/** The other side of `inference.ts`: opens backbones, runs them, one request after the other. */
import { parentPort, workerData } from 'node:worker_threads'
import { OneclassError, toOneclassError } from '../errors.ts'
import type { Backbone, Look, MapOutput } from '../features/backbone.ts'
import { see } from '../features/embed.ts'
import { openBackbone, openBackboneOf } from '../features/registry.ts'
import type { Pixels } from '../images/pixels.ts'
import type { ErrorBody } from '../wire/error.ts'

/** By id (null: the default), or exactly the one that a model was fitted with. */
export type BackboneKey =
  | { readonly ref: string | null; readonly onlySureFaces?: true }
  | { readonly id: string; readonly hash: string }
export type Described = Pick<Backbone, 'id' | 'hash' | 'dim' | 'target' | 'maps'>
export type Asked =
  | { readonly open: BackboneKey; readonly label?: string }
  | { readonly embed: BackboneKey; readonly images: readonly Pixels[]; readonly maps: readonly MapOutput[] }
export type Question = Asked & { readonly id: number }
export type Answer = { readonly id: number; readonly value?: unknown; readonly error?: ErrorBody }

const { home, threads } = workerData as { home: string; threads: number }
const backbones = new Map<string, Promise<Backbone>>()

/** What comes through Redis names a backbone by its id: a path would let its sender open any file here, or learn which there are. */
function assertId(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name) && !/\.(onnx|json)$/i.test(name)) return
  throw new OneclassError('BACKBONE_NOT_FOUND', 'A worker takes a backbone by its id, not by a file.')
}

async function backboneOf(key: BackboneKey, label?: string): Promise<Backbone> {
  if ('ref' in key && key.ref !== null) assertId(key.ref)
  const name = JSON.stringify(key)
  let backbone = backbones.get(name)
  if (backbone === undefined) {
    backbone =
      'hash' in key
        ? openBackboneOf({ ...key, ...(label !== undefined && { label }) }, { home, threads })
        : openBackbone(key.ref ?? undefined, { home, threads, ...(key.onlySureFaces && { onlySureFaces: true }) })
    backbones.set(name, backbone)
    backbone.catch(() => backbones.delete(name))
  }
  return backbone
}

async function answer(question: Question): Promise<unknown> {
  if ('open' in question) {
    const { id, hash, dim, target, maps } = await backboneOf(question.open, question.label)
    return { id, hash, dim, target, ...(maps && { maps }) } satisfies Described
  }
  const backbone = await backboneOf(question.embed)
  return (await see(backbone, question.images, question.maps)).map((result) =>
    result instanceof OneclassError ? result.toJSON() : result,
  )
}

/** What is sent without being copied. */
function buffersOf(value: unknown): ArrayBuffer[] {
  if (!Array.isArray(value)) return []
  return (value as (Look | ErrorBody)[]).flatMap((result) =>
    'maps' in result ? result.maps.map(({ data }) => data.buffer as ArrayBuffer) : [],
  )
}

const port = parentPort
if (port === null) throw new Error('This file runs as a thread only')

let last: Promise<void> = Promise.resolve()
port.on('message', (question: Question) => {
  last = last.then(async () => {
    try {
      const value = await answer(question)
      port.postMessage({ id: question.id, value } satisfies Answer, buffersOf(value))
    } catch (error) {
      port.postMessage({ id: question.id, error: toOneclassError(error).toJSON() } satisfies Answer)
    }
  })
})
