/** The report's own row is what `fit` and `score` say of the same images, places included. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '../../src/core/random.ts'
import { compare } from '../../src/evaluation/compare.ts'
import { openBackbone } from '../../src/features/registry.ts'
import { encodeImage } from '../../src/images/encode.ts'
import type { Pixels } from '../../src/images/pixels.ts'
import { drawDefect } from '../../src/images/simulated-defects.ts'
import type { ImageSource } from '../../src/images/source.ts'
import { classifyImages, createClassifier } from '../../src/pipeline/classify.ts'
import { fitImages } from '../../src/pipeline/fit.ts'
import { backboneFor } from '../../src/pipeline/model-backbone.ts'

/** Plates of one kind, each with its own light and a strong grain. */
function plate(random: ReturnType<typeof createRandom>): Pixels {
  const side = 160
  const data = new Uint8Array(side * side * 3)
  const light = 110 + random.int(30)
  for (let i = 0; i < side * side; i++) {
    const [x, y] = [i % side, Math.floor(i / side)]
    const isHole = (x - 80) ** 2 + (y - 80) ** 2 < 900
    data.fill((isHole ? 40 : light) + random.int(40), 3 * i, 3 * i + 3)
  }
  return { width: side, height: side, data }
}

test('where a fit looks at places, the ensemble of the report has its scores and its decisions', async () => {
  const random = createRandom(5)
  const draw = async (name: string, count: number, change = (pixels: Pixels) => pixels): Promise<ImageSource[]> =>
    await Promise.all(
      Array.from({ length: count }, async (_, i) => ({
        name: `${name}/${i}.png`,
        bytes: await encodeImage(change(plate(random)), 'png'),
      })),
    )
  const train = await draw('train', 24)
  const testPositive = await draw('good', 12)
  const testNegative = await draw('bad', 12, (pixels) => drawDefect(pixels, random))
  const backbone = await openBackbone(undefined, { home: '/nowhere' })
  try {
    const { artifact } = await fitImages(train, backbone, { seed: 3 })
    assert.ok(artifact.patches, 'places help on these plates')
    const served = createClassifier(artifact, { model: 'm@1' })
    const expected: (readonly [number, boolean])[] = []
    for await (const result of classifyImages(served, backboneFor(artifact, backbone), [
      ...testPositive,
      ...testNegative,
    ]))
      if ('score' in result) expected.push([result.score, result.isPositive])

    const report = await compare({
      images: { trainPositive: train, trainNegative: [], testPositive, testNegative },
      backbone,
      effort: 'quick',
      methods: ['ensemble', 'one-class-svm'],
      seed: 3,
      keepNearDuplicates: true,
    })
    const own = report.images.map(({ scores: { ensemble } }) => [ensemble!.score, ensemble!.accepted])
    assert.deepEqual(own, expected)
    const { notes, auroc } = report.methods.find(({ key }) => key === 'ensemble')!
    assert.match(notes.join(), /places at detail 1/)
    assert.ok(auroc! > report.methods.find(({ key }) => key === 'one-class-svm')!.auroc!)
  } finally {
    await backbone.close()
  }
})
