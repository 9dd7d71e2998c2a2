/** What is not used where files must be whole: positives and negatives alike. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createRandom } from '../../src/core/random.ts'
import { openBackbone } from '../../src/features/registry.ts'
import { renderPart } from '../../src/images/demo-images.ts'
import { encodeImage } from '../../src/images/encode.ts'
import { imageLimits } from '../../src/images/limits.ts'
import { fitImages } from '../../src/pipeline/fit.ts'

const network = await openBackbone(undefined, { home: '/nonexistent' })
after(() => network.close())

const whole = await Promise.all(
  Array.from({ length: 24 }, async (_, i) => ({
    name: `${i}.jpg`,
    bytes: await encodeImage(renderPart(createRandom(i))),
  })),
)
const cut = (name: string) => ({ name, bytes: whole[0]!.bytes.subarray(0, -2) })

test('a cut-off file is no positive and no negative of a strict fit', async () => {
  const positives = [...whole.slice(1, 20), cut('positive.jpg')]
  const negatives = [...whole.slice(20), cut('negative.jpg')]
  const rejected = async (strict: boolean) => {
    const limits = { ...imageLimits, strict }
    const fitted = await fitImages(positives, network, { negatives, limits, patches: false })
    return fitted.rejected.map(({ image, error }) => `${image} ${error.code}`)
  }
  assert.deepEqual(await rejected(false), [])
  assert.deepEqual(await rejected(true), ['positive.jpg IMAGE_UNREADABLE', 'negative.jpg IMAGE_UNREADABLE'])
})
