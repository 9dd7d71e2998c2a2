/** Half a JPEG is never taken for a whole one, however busy the decoder is. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { createRandom } from '../../src/core/random.ts'
import { decodeImage } from '../../src/images/decode.ts'
import { renderPart } from '../../src/images/demo-images.ts'
import { encodeImage } from '../../src/images/encode.ts'

test('a JPEG cut in the middle is refused among many others, one without its end mark is used', async () => {
  const target = { width: 64, height: 64, resize: 'cover' } as const
  const whole = await encodeImage(renderPart(createRandom(1).fork(0)))
  const outcomes = async (bytes: Uint8Array) => {
    const decode = () => decodeImage({ name: 'x.jpg', bytes }, target)
    return await Promise.all(
      Array.from({ length: 40 }, () =>
        decode().then(
          ({ notes }) => notes?.[0]?.code ?? 'WHOLE',
          ({ code }) => code,
        ),
      ),
    )
  }
  assert.deepEqual(new Set(await outcomes(whole.subarray(0, whole.length / 2))), new Set(['IMAGE_UNREADABLE']))
  assert.deepEqual(new Set(await outcomes(whole.subarray(0, -2))), new Set(['TRUNCATED']))
})
