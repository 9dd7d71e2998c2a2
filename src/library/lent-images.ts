/**
 * Images that only the asking thread can read (those of a bucket, whose connections cannot be handed over): it lends them, and answers
 * with their bytes as the computing thread asks for them, one by one.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { type ErrorCode, OneclassError, present, toOneclassError } from '../errors.ts'
import type { ImageSource } from '../images/source.ts'
import type { CollectedPositives } from '../pipeline/positives.ts'

type Readable = Extract<ImageSource, { readonly read: unknown }>
/** What stands for an image that is lent: its place in the lender's list. */
export interface LentImage {
  readonly name: string
  readonly lent: number
}
export type SentImage = Exclude<ImageSource, Readable> | LentImage

/** A folder, or a list. */
export type Listed<S> = string | readonly S[] | undefined
/** The same, or what was collected from a folder. */
export type Some<S> = Listed<S> | (Omit<CollectedPositives, 'images'> & { readonly images: readonly S[] })

type Question = { readonly id: number; readonly lent: number }
type Answer =
  | { readonly id: number; readonly bytes: Uint8Array }
  | { readonly id: number; readonly error: { readonly code: ErrorCode; readonly message: string } }

export interface Lender {
  /** The same image as what can be sent. */
  readonly lend: (image: ImageSource) => SentImage
  /** Goes to the other thread with them. */
  readonly port: MessagePort
  /** No more is read. */
  close(): void
}

export function openLender(): Lender {
  const { port1: own, port2: port } = new MessageChannel()
  const images: Readable[] = []
  own.on('message', async ({ id, lent }: Question) => {
    const answer = await present(images[lent], 'an image that was lent')
      .read()
      .then(
        (bytes): Answer => ({ id, bytes }),
        (error: unknown): Answer => ({ id, error: toOneclassError(error).toJSON() }),
      )
    own.postMessage(answer)
  })
  return {
    lend: (image) => ('read' in image ? { name: image.name, lent: images.push(image) - 1 } : image),
    port,
    close: () => own.close(),
  }
}

/** @param port undefined where nothing was lent. @returns makes an image that can be read of one that was sent */
export function borrowFrom(port: MessagePort | undefined): (image: SentImage) => ImageSource {
  const asked = new Map<number, { resolve: (bytes: Uint8Array) => void; reject: (error: unknown) => void }>()
  let nextId = 0
  port?.on('message', (answer: Answer) => {
    const question = asked.get(answer.id)
    asked.delete(answer.id)
    if ('bytes' in answer) question?.resolve(answer.bytes)
    else question?.reject(new OneclassError(answer.error.code, answer.error.message))
  })
  // a lender that is gone keeps no thread
  port?.unref()
  const read = (lent: number) =>
    new Promise<Uint8Array>((resolve, reject) => {
      const id = nextId++
      asked.set(id, { resolve, reject })
      present(port, 'the lender of images').postMessage({ id, lent } satisfies Question)
    })
  return (image) => ('lent' in image ? { name: image.name, read: async () => await read(image.lent) } : image)
}

export function mapImages<A, B>(some: Listed<A>, of: (image: A) => B): Listed<B>
export function mapImages<A, B>(some: Some<A>, of: (image: A) => B): Some<B>
export function mapImages<A, B>(some: Some<A>, of: (image: A) => B): Some<B> {
  if (typeof some !== 'object') return some
  return 'images' in some ? { ...some, images: some.images.map(of) } : some.map(of)
}
