/**
 * A manifest for a network that came without one: what its file declares is taken from there, the rest from a documented
 * default with a notice, and what cannot be guessed is asked for in an error that shows the manifest to write.
 */
import type { InferenceSession } from 'onnxruntime-node'
import { OneclassError } from '../errors.ts'
import type { BackboneManifest } from './backbone.ts'
import { imageNetInput } from './catalogue/catalogue.ts'
import { featuresBeforeClassifier, type OnnxGraph } from './onnx/onnx-graph.ts'

export interface Inferred {
  readonly manifest: BackboneManifest
  /** What was assumed, one sentence each, for the user to read. */
  readonly notices: readonly string[]
}

interface NetworkFile {
  readonly id: string
  readonly file: string
  readonly sha256: string
  readonly bytes: number
}

type Described = Pick<InferenceSession, 'inputMetadata' | 'outputMetadata'>

/** Where the input's sides are free. */
const defaultSide = 224

/** Outputs of networks that are features by their name, the best first. */
const featureNames = [/^embeddings?$/i, /pooler_output/i, /embed/i, /^feat(ure)?s?$/i, /pool/i]

/**
 * @param described inputs and outputs, the tensors of `hiddenFeatures` among the outputs
 * @throws BACKBONE_INVALID with a manifest to fill in, where the file does not say enough
 */
export function inferManifest(network: NetworkFile, described: Described, graph: OnnxGraph | undefined): Inferred {
  const notices: string[] = []
  const input = inferInput(network, described, notices)
  const embedding = inferEmbedding(network, described, graph, notices)
  return { manifest: { ...network, version: 1, input, outputs: { embedding } }, notices }
}

/** Tensors inside the network that may be better features than its outputs. */
export function hiddenFeatures(graph: OnnxGraph | undefined): string[] {
  const found = graph?.outputs.map((output) => featuresBeforeClassifier(graph, output)) ?? []
  return [...new Set(found.filter((name) => name !== undefined))]
}

function inferInput(network: NetworkFile, described: Described, notices: string[]): BackboneManifest['input'] {
  const inputs = described.inputMetadata
  const first = inputs[0]
  if (inputs.length !== 1 || !first?.isTensor || first.type !== 'float32' || first.shape.length !== 4) {
    const found = inputs.map((value) =>
      value.isTensor ? `${value.name}: ${value.type} ${value.shape.join(' x ')}` : value.name,
    )
    throw ask(network, `its input is not one float32 image (${found.join('; ')})`)
  }
  const layout = first.shape[1] === 3 ? 'NCHW' : first.shape[3] === 3 ? 'NHWC' : undefined
  if (!layout) throw ask(network, `its input (${first.shape.join(' x ')}) has no dimension of three colours`)
  const sides = layout === 'NCHW' ? first.shape.slice(2, 4) : first.shape.slice(1, 3)
  const [height, width] = sides.map((side) => (typeof side === 'number' && side > 0 ? side : defaultSide)) as [
    number,
    number,
  ]
  if (sides.some((side) => typeof side !== 'number' || side <= 0)) {
    notices.push(`"${network.file}" takes images of any size: ${width} x ${height} is used.`)
  }
  notices.push(
    `"${network.file}" has no manifest beside it: RGB scaled to -1..1 (x / 127.5 - 1) is assumed. If it was trained otherwise, write "${manifestName(network.file)}".`,
  )
  const half = [0.5, 0.5, 0.5]
  return { name: first.name, width, height, resize: 'stretch', layout, channels: 'RGB', mean: half, std: half }
}

function inferEmbedding(
  network: NetworkFile,
  described: Described,
  graph: OnnxGraph | undefined,
  notices: string[],
): BackboneManifest['outputs']['embedding'] {
  const vectors = described.outputMetadata.flatMap((output) => {
    if (!output.isTensor || output.type !== 'float32') return []
    const sides = output.shape.slice(1).filter((side) => side !== 1)
    const dim = sides[0]
    return sides.length === 1 && typeof dim === 'number' && dim > 1 ? [{ name: output.name, dim }] : []
  })
  const declared = vectors.filter(({ name }) => !graph || graph.outputs.includes(name))
  const named = featureNames.flatMap((pattern) => declared.filter((output) => pattern.test(output.name)))[0]
  if (named) return named
  const only = declared.length === 1 ? declared[0] : undefined
  if (!only) {
    const found = described.outputMetadata.map((output) =>
      output.isTensor ? `${output.name}: ${output.shape.join(' x ')}` : output.name,
    )
    throw ask(network, `it is not clear which output is the embedding (${found.join('; ')})`)
  }
  const before = graph && featuresBeforeClassifier(graph, only.name)
  const features = vectors.find(({ name }) => name === before)
  notices.push(
    features
      ? `The ${features.dim} features before its last layer ("${features.name}") are taken as the embedding.`
      : `Its only vector, "${only.name}" (${only.dim} values), is taken as the embedding.`,
  )
  return features ?? only
}

/** An id made of the name of a network's file or folder. */
export function idFrom(name: string, otherwise: string): string {
  const plain = name.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '')
  return plain.slice(0, 64) || otherwise
}

/** Where a manifest for `net.onnx` is looked for first. */
export function manifestName(file: string): string {
  return `${file}.manifest.json`
}

function ask(network: NetworkFile, reason: string): OneclassError {
  const example = {
    id: network.id,
    version: 1,
    file: network.file,
    sha256: network.sha256,
    input: { name: 'INPUT', ...imageNetInput },
    outputs: { embedding: { name: 'OUTPUT', dim: 512 } },
  }
  return new OneclassError(
    'BACKBONE_INVALID',
    `"${network.file}" cannot be used without a manifest, for ${reason}. Write "${manifestName(network.file)}" beside it: ${JSON.stringify(example)}`,
  )
}
