/**
 * A network that costs some hundredth of the one that comes with the package, for tests that are about the service or the page and
 * not about features: two random convolutions, with a map of places. It tells the drawn images apart.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createRandom } from '../../src/core/random.ts'
import { OnnxWriter } from '../../src/features/onnx/onnx-writer.ts'
import { sha256 } from '../../src/system/sha256.ts'

/** As a fit names it (`backbone`). */
export const smallNetwork = 'small'

const side = 64
const channels = [3, 12, 24] as const
const stride = 8
const mean = [0.5, 0.5, 0.5]
const std = [0.25, 0.25, 0.25]

/** Puts it among the networks of a data folder, as if it had been pulled. */
export async function addSmallNetwork(home: string): Promise<void> {
  const folder = join(home, 'backbones', smallNetwork)
  const weights = network()
  const manifest = {
    id: smallNetwork,
    version: 1,
    file: 'model.onnx',
    sha256: sha256(weights),
    bytes: weights.length,
    input: { name: 'image', width: side, height: side, layout: 'NCHW', channels: 'RGB', resize: 'stretch', mean, std },
    outputs: {
      embedding: { name: 'embedding', dim: channels[2] * 5 },
      maps: [{ name: 'map', channels: channels[2], stride }],
    },
    description: 'Random weights, for tests.',
  }
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, manifest.file), weights)
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest))
}

/** Means of the map over the whole image and over its quarters are the embedding. */
function network(): Uint8Array {
  const random = createRandom(1)
  const net = new OnnxWriter()
  const layer = (from: string, i: 0 | 1, kernel: number, step: number, name?: string) => {
    const [count, depth] = [channels[i + 1]!, channels[i]!]
    const scale = 2 / Math.sqrt(depth * kernel * kernel)
    const weights = Float32Array.from({ length: count * depth * kernel ** 2 }, () => (random.next() - 0.5) * 2 * scale)
    const filter = net.constant([count, depth, kernel, kernel], weights)
    const pads = Array.from({ length: 4 }, () => Math.floor((kernel - 1) / 2))
    const shape = { kernel_shape: [kernel, kernel], strides: [step, step], pads }
    return net.node('Relu', [net.node('Conv', [from, filter], shape)], {}, name)
  }
  const image = net.input('image', ['n', 3, side, side])
  const map = layer(layer(image, 0, 5, 4), 1, 3, 2, 'map')
  const places = side / stride
  const quarters = net.node('AveragePool', [map], {
    kernel_shape: [places / 2, places / 2],
    strides: [places / 2, places / 2],
  })
  const parts = [quarters, net.node('GlobalAveragePool', [map])].map((part) => net.node('Flatten', [part]))
  net.node('Concat', parts, { axis: 1 }, 'embedding')
  net.output('map', ['n', channels[2], places, places])
  net.output('embedding', ['n', channels[2] * 5])
  return net.finish()
}
