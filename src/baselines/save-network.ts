/**
 * A trained 2019 network as a TensorFlow.js layers model, up to its 64 dense features: a `model.json`, its weights, and the manifest
 * with which `--backbone model.json` opens it.
 */
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../system/files.ts'
import { convolutionFilters, denseUnits, weightShapes } from './network.ts'

export interface TrainedNetwork {
  /** Side of its square input, pixels. */
  readonly size: number
  /** In the order of `weightShapes`. */
  readonly weights: readonly Float32Array[]
}

/** Weights of the feature layers: three convolutions and one dense layer, kernel and bias each. */
const featureWeights = 8

/** Writes model.json, weights.bin and model.json.manifest.json into `folder`. @returns the path of model.json */
export async function saveNetwork(network: TrainedNetwork, id: string, folder: string): Promise<string> {
  const shapes = weightShapes(network.size).slice(0, featureWeights)
  const layers = layerConfigs(network.size)
  const named = layers.filter(({ class_name }) => class_name === 'Conv2D' || class_name === 'Dense')
  const specs = shapes.map((shape, k) => ({
    name: `${named[k >> 1]!.config.name}/${k % 2 === 0 ? 'kernel' : 'bias'}`,
    shape,
    dtype: 'float32',
  }))
  const model = Buffer.from(
    JSON.stringify({
      format: 'layers-model',
      generatedBy: 'oneclass',
      convertedBy: null,
      modelTopology: { class_name: 'Sequential', config: { name: 'network_2019', layers } },
      weightsManifest: [{ paths: ['weights.bin'], weights: specs }],
    }),
  )
  const weights = Buffer.concat(
    network.weights.slice(0, featureWeights).map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)),
  )
  const manifest = {
    id,
    version: 1,
    file: 'model.json',
    sha256: createHash('sha256').update(model).update(weights).digest('hex'),
    description: 'Features of a CNN that oneclass compare trained on your images',
    input: {
      name: 'image',
      width: network.size,
      height: network.size,
      resize: 'stretch',
      layout: 'NHWC',
      channels: 'RGB',
      mean: [0, 0, 0],
      std: [1, 1, 1],
    },
    outputs: { embedding: { name: 'features', dim: denseUnits } },
  }
  await makeFolder(folder)
  const path = join(folder, 'model.json')
  await writeFile(join(folder, 'weights.bin'), weights)
  await writeFile(path, model)
  await writeFile(`${path}.manifest.json`, `${JSON.stringify(manifest, undefined, 1)}\n`)
  return path
}

interface LayerConfig {
  readonly class_name: 'Conv2D' | 'MaxPooling2D' | 'Flatten' | 'Dense'
  readonly config: { readonly name: string } & Readonly<Record<string, unknown>>
}

function layerConfigs(size: number): LayerConfig[] {
  const layers = convolutionFilters.flatMap((filters, k): LayerConfig[] => [
    {
      class_name: 'Conv2D',
      config: {
        name: `convolution_${k + 1}`,
        ...(k === 0 ? { batch_input_shape: [null, size, size, 3], dtype: 'float32' } : {}),
        filters,
        kernel_size: [3, 3],
        strides: [1, 1],
        padding: 'valid',
        data_format: 'channels_last',
        activation: 'relu',
        use_bias: true,
      },
    },
    {
      class_name: 'MaxPooling2D',
      config: {
        name: `pool_${k + 1}`,
        pool_size: [2, 2],
        strides: [2, 2],
        padding: 'valid',
        data_format: 'channels_last',
      },
    },
  ])
  return [
    ...layers,
    { class_name: 'Flatten', config: { name: 'flat' } },
    { class_name: 'Dense', config: { name: 'features', units: denseUnits, activation: 'relu', use_bias: true } },
  ]
}
