/**
 * The p-values that were served for images which people then confirmed as good: `<home>/confirmed/<sha256 of the model>.json`, by
 * batch. Results of a batch are kept for days only; whether a model keeps its promise is a question of months.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../system/files.ts'
import { keepFiles } from '../system/kept-file.ts'
import { withLock } from '../system/lock.ts'
import { parseJson } from '../system/parse-json.ts'
import { privateFolder, writeWhole } from '../system/whole-file.ts'

/** By the id of the batch. */
export type Confirmed = Readonly<Record<string, readonly number[]>>

export interface ConfirmedStore {
  read(sha256: string): Promise<Confirmed>
  /** Of one batch, in the place of what was there; null takes it away. */
  put(sha256: string, batch: string, pValues: readonly number[] | null): Promise<void>
  forget(sha256: string): Promise<void>
}

/** Of a model: the latest batches, and of each so many images. */
const mostBatches = 50
const mostOfBatch = 5000

export function openConfirmedStore(home: string): ConfirmedStore {
  const folder = join(home, 'confirmed')
  const files = keepFiles(parse)
  const pathOf = (sha256: string) => join(folder, `${sha256}.json`)
  const read = async (sha256: string): Promise<Confirmed> => {
    try {
      return await files.read(pathOf(sha256))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return nothing
      throw error
    }
  }
  return {
    read,
    async put(sha256, batch, pValues) {
      await makeFolder(folder, privateFolder)
      await withLock(`${pathOf(sha256)}.lock`, async (lock) => {
        const { [batch]: _, ...others } = await read(sha256)
        const all = Object.entries(others).concat(pValues === null ? [] : [[batch, pValues.slice(0, mostOfBatch)]])
        await lock.assertHeld()
        await writeWhole(pathOf(sha256), JSON.stringify(Object.fromEntries(all.slice(-mostBatches))))
      })
    },
    async forget(sha256) {
      await rm(pathOf(sha256), { force: true })
    },
  }
}

const nothing: Confirmed = {}

/** Whatever stands there that is none of ours is left out. */
function parse(text: string): Confirmed {
  const found = parseJson(text)
  if (typeof found !== 'object' || found === null) return nothing
  return Object.fromEntries(
    Object.entries(found).flatMap(([batch, values]) =>
      Array.isArray(values) ? [[batch, values.filter((p): p is number => p > 0 && p <= 1)]] : [],
    ),
  )
}
