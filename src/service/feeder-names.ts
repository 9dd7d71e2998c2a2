/**
 * The names of a large folder or a bucket, read as far as a batch has come. Where an earlier listing stopped is known from the names
 * that the batch has: a store goes on behind the last one, a folder is walked again and what is known is passed over.
 */
import { OneclassError } from '../errors.ts'
import type { BatchRecord } from '../queue/batches.ts'
import type { Producer } from '../queue/producer.ts'
import type { NamesPage, Places } from './places.ts'

export interface NamesSource {
  /**
   * Adds a page of names to the batch, and closes it with the last one.
   * @throws as `Places.list` and `BatchStore.append`; INVALID_ARGUMENT beyond the most images; FOLDER_EMPTY at an end without any
   */
  extend(): Promise<void>
  close(): Promise<void>
}

export interface NamesOptions {
  readonly producer: Pick<Producer, 'batches'>
  readonly places: Places
  readonly maxImages: number
}

export function openNames(
  { id, folder }: BatchRecord,
  { producer: { batches }, places, maxImages }: NamesOptions,
  signal: AbortSignal,
): NamesSource {
  let pages: AsyncGenerator<NamesPage, void> | undefined
  let count = 0
  const begin = async (): Promise<AsyncGenerator<NamesPage, void>> => {
    count = (await batches.read(id))?.total ?? 0
    const [last] = await batches.names(id, count - 1, count)
    const known = last === undefined ? undefined : { last, all: () => batches.names(id, 0, count) }
    return places.list(folder ?? '', known, signal)
  }
  const close = async (): Promise<void> => {
    await pages?.return()
    pages = undefined
  }
  return {
    async extend() {
      pages ??= await begin()
      const page = await pages.next()
      const { names, isLast } = page.value ?? { names: [], isLast: true }
      if (count + names.length > maxImages)
        throw new OneclassError(
          'INVALID_ARGUMENT',
          `The folder has more than the ${maxImages} images accepted: name a folder below it.`,
        )
      if (isLast && count + names.length === 0) throw new OneclassError('FOLDER_EMPTY', 'The folder holds no images.')
      const length = await batches.append(id, count, names, isLast).catch((thrown: unknown) => {
        if (!(thrown instanceof OneclassError) || thrown.code !== 'QUEUE_FULL') throw thrown
        const message = `Names and results of ${count} images fill what is kept for a day (maxKeptBytesOfOne): take smaller folders one after the other.`
        throw new OneclassError('QUEUE_FULL', message)
      })
      // another service feeds it too, and was faster: go on from what is there
      if (length !== count + names.length) return await close()
      count = length
    },
    close,
  }
}
