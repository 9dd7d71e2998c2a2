/** How positives are named in a model, whatever the way to their folder. */
import { basename, resolve } from 'node:path'
import { type Collected, collect } from '../images/collect.ts'

/** The images of a folder of positives, named by the folder's own name and the path below it: `train/17.jpg`. Errors as `collect`. */
export async function collectPositives(folder: string): Promise<Collected> {
  const { images, failed, skipped } = await collect(folder, { names: 'relative' })
  const name = basename(resolve(folder))
  return {
    images: images.map((source) => ({ ...source, name: `${name}/${source.name}` })),
    failed: failed.map(({ image, error }) => ({ image: `${name}/${image}`, error })),
    skipped,
  }
}
