/** What every form of `score` does with its results: in the order of what was asked, a line as soon as it is there, to a file or out. */
import { OneclassError } from '../errors.ts'
import type { Output } from '../system/files.ts'
import type { ErrorBody } from '../wire/error.ts'
import type { Io } from './command.ts'
import type { Entry } from './score-input.ts'

type Failed = { readonly image: string; readonly error: ErrorBody }

/** Results in the order of the entries: those of images as they come, errors in between where they stand. */
export async function* inOrder<T>(entries: readonly Entry[], scored: AsyncIterable<T>): AsyncGenerator<T | Failed> {
  const results = scored[Symbol.asyncIterator]()
  for (const entry of entries) {
    if ('error' in entry) {
      yield entry
      continue
    }
    const next = await results.next()
    if (next.done) throw new OneclassError('INTERNAL', 'An image got no result.')
    yield next.value
  }
}

export async function* keepFor<T>(list: T[] | undefined, results: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const result of results) {
    list?.push(result)
    yield result
  }
}

export async function writeAll<T>(
  results: Iterable<T> | AsyncIterable<T>,
  writer: { readonly head: readonly string[]; lines(result: T): readonly string[] },
  file: Output | undefined,
  io: Io,
  onEach: (result: T) => void,
): Promise<void> {
  const write = async (line: string): Promise<void> => {
    if (file) await file.write(`${line}\n`)
    else await io.out(line)
  }
  for (const line of writer.head) await write(line)
  for await (const result of results) {
    if (io.signal.aborted) throw new OneclassError('CANCELLED', 'Interrupted.')
    onEach(result)
    for (const line of writer.lines(result)) await write(line)
  }
}
