/** How positives are named in a model, whatever the way to their folder. */
import { basename, relative, resolve } from 'node:path'
import { collectImages } from '../images/collect.ts'
import type { ImageSource } from '../images/decode.ts'

/** The images of a folder of positives, named by the folder's own name and the path below it: `train/17.jpg`. */
export async function collectPositives(folder: string): Promise<(ImageSource & { path: string })[]> {
  const root = resolve(folder)
  return (await collectImages(folder)).map(({ path }) => ({
    path,
    name: `${basename(root)}/${relative(root, resolve(path)).replaceAll('\\', '/')}`,
  }))
}
