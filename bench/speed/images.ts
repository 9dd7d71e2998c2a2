/** An image's way from file to score, beside a Python script and beside decoding and inference alone; and the network alone. */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { createRandom } from '../../src/core/random.ts'
import type { Backbone } from '../../src/features/backbone.ts'
import { openBackbone } from '../../src/features/registry.ts'
import type { Pixels } from '../../src/images/pixels.ts'
import { fit, load } from '../../src/index.ts'
import { photo } from '../photos.ts'
import { type Contender, type Measured, measure, timed } from './measure.ts'
import { hasModules, pythonPeer } from './peers.ts'

/** The default network in float32: in the repository, not in the package. */
const floatId = 'oc-s3-float'

/**
 * A folder of test images through a model of 200 positives, in one process on all cores.
 * @param data holds the hot dog set; where it is absent the images are drawn
 */
export async function bulk(data: string, rounds: number): Promise<Measured[]> {
  const home = await mkdtemp(join(tmpdir(), 'oneclass-bench-'))
  const backbone = await openBackbone(undefined, { home })
  const float = await openBackbone(floatId, { home })
  try {
    const { train, test } = await folders(data, home)
    await fit(train, { name: 'bulk', home })
    const model = await load('bulk', { home })
    const files = (await readdir(test)).map((name) => join(test, name))
    const perImage = (run: () => Promise<unknown>) => async () => (await timed(run)) / files.length
    const contenders: { name: string; note?: string; run: Contender }[] = [
      {
        name: 'oneclass',
        run: perImage(async () => {
          for await (const result of model.scoreAll(files)) if ('error' in result) throw new Error(result.error.message)
        }),
      },
      {
        name: 'decode and infer only',
        note: 'sharp and the same network, batches of 8 in turns, no score',
        run: perImage(() => decodeAndInfer(backbone, files)),
      },
      {
        name: 'decode and infer only, float32',
        note: 'the same with the network before its quantisation',
        run: perImage(() => decodeAndInfer(float, files)),
      },
    ]
    if (await hasModules('sklearn', 'torch', 'torchvision', 'PIL'))
      contenders.push({
        name: 'Python script',
        note: 'Pillow, PyTorch MobileNet v2 at 224 px, scikit-learn, two threads',
        run: async () => {
          const { images, seconds } = await pythonPeer<{ images: number; seconds: number }>(
            'score_images.py',
            [train, test],
            2,
          )
          return (1000 * seconds) / images
        },
      })
    const measured = await measure({ group: 'score a folder, milliseconds an image', rounds, contenders })
    await model.close()
    return measured
  } finally {
    await backbone.close()
    await float.close()
    await rm(home, { recursive: true, force: true })
  }
}

/** Each network on one thread, one image at a time, at its own size; with its mirror image where its manifest says so. */
export async function networks(files: readonly string[], rounds: number): Promise<Measured[]> {
  const home = await mkdtemp(join(tmpdir(), 'oneclass-bench-'))
  const opened: Backbone[] = []
  try {
    for (const file of [undefined, floatId, 'oc-s2', ...files.filter((path) => existsSync(path))])
      opened.push(await openBackbone(file, { home, threads: 1 }))
    return await measure({
      group: 'network alone, one thread, milliseconds an image',
      rounds,
      contenders: opened.map((network) => {
        const pixels = noise(network.target)
        return {
          name: `${network.id} at ${network.target.width} px`,
          run: async () => {
            const times = []
            for (let i = 0; i < 16; i++) times.push(await timed(() => network.embed([pixels])))
            return Math.min(...times)
          },
        }
      }),
    })
  } finally {
    for (const network of opened) await network.close()
    await rm(home, { recursive: true, force: true })
  }
}

async function decodeAndInfer(backbone: Backbone, files: readonly string[]): Promise<void> {
  const { width, height } = backbone.target
  const decode = async (file: string): Promise<Pixels> => ({
    width,
    height,
    data: await sharp(file).rotate().removeAlpha().resize(width, height, { fit: 'fill' }).raw().toBuffer(),
  })
  for (let i = 0; i < files.length; i += 8)
    await backbone.embed(await Promise.all(files.slice(i, i + 8).map((file) => decode(file))))
}

async function folders(data: string, home: string): Promise<{ train: string; test: string }> {
  const set = join(data, 'hotdog')
  if (existsSync(set)) return { train: join(set, 'train/positive'), test: join(set, 'test/negative') }
  const [train, test] = [join(home, 'train'), join(home, 'test')]
  for (const [folder, from] of [
    [train, 0],
    [test, 200],
  ] as const) {
    await mkdir(folder)
    for (let i = 0; i < 200; i++) await writeFile(join(folder, `${i}.jpg`), await photo(from + i))
  }
  return { train, test }
}

function noise({ width, height }: { width: number; height: number }): Pixels {
  const random = createRandom(1)
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => random.int(256)) }
}
