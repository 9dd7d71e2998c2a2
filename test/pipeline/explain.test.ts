import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createRandom } from '../../src/core/random.ts'
import { openBackbone } from '../../src/features/registry.ts'
import { decodeImage } from '../../src/images/decode.ts'
import { renderPart } from '../../src/images/demo-images.ts'
import { encodeImage } from '../../src/images/encode.ts'
import { explainByOcclusion } from '../../src/pipeline/explain.ts'
import { fitImages } from '../../src/pipeline/fit.ts'

const backbone = await openBackbone(undefined, { home: '/nonexistent' })
after(() => backbone.close())

test('an odd patch is found where it is, and the image stays as it was', async () => {
  const random = createRandom(3)
  const parts = Array.from({ length: 16 }, (_, i) => renderPart(random.fork(i)))
  const sources = await Promise.all(
    parts.map(async (part, i) => ({ name: `${i}`, bytes: await encodeImage(part, 'png') })),
  )
  const { artifact } = await fitImages(sources, backbone)
  const odd = renderPart(random.fork('odd'))
  // a loud patch in the cell of row 1, column 6
  const [column, row, cell] = [6, 1, odd.width / 8]
  for (let y = row * cell; y < (row + 1) * cell; y++)
    for (let x = column * cell; x < (column + 1) * cell; x++)
      odd.data.set([(x + y) % 4 < 2 ? 255 : 0, 0, 255], (y * odd.width + x) * 3)
  const pixels = await decodeImage({ name: 'odd', bytes: await encodeImage(odd, 'png') }, backbone.target)
  const before = Uint8Array.from(pixels.data)
  const { cells, values } = await explainByOcclusion(artifact, backbone, pixels)
  assert.deepEqual(Uint8Array.from(pixels.data), before)
  const peak = values.indexOf(Math.max(...values))
  assert.ok(Math.max(...values) > 0)
  // its neighbours cover it too: half a cell around is covered with each
  assert.ok(Math.abs((peak % cells) - column) <= 1 && Math.abs(Math.floor(peak / cells) - row) <= 1, `cell ${peak}`)
})
