/**
 * Just enough of the ONNX file format (protocol buffers) for two questions that a session does not answer: which tensor
 * feeds the last linear layer of a classifier (better features than its logits), and how to read a tensor that is no output.
 * Fields as numbered in https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { field, join, messages, texts } from './protobuf.ts'

interface Node {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

export interface OnnxGraph {
  readonly nodes: readonly Node[]
  readonly outputs: readonly string[]
}

const numbers = {
  modelGraph: 7,
  graphNode: 1,
  graphOutput: 12,
  nodeInput: 1,
  nodeOutput: 2,
  nodeOp: 4,
  valueName: 1,
} as const

/** The nodes and output names, undefined when the bytes are no ONNX model. */
export function readGraph(model: Uint8Array): OnnxGraph | undefined {
  try {
    const nodes: Node[] = []
    const outputs: string[] = []
    for (const graph of messages(model, numbers.modelGraph)) {
      for (const node of messages(graph, numbers.graphNode)) {
        nodes.push({
          op: texts(node, numbers.nodeOp)[0] ?? '',
          inputs: texts(node, numbers.nodeInput),
          outputs: texts(node, numbers.nodeOutput),
        })
      }
      for (const value of messages(graph, numbers.graphOutput)) outputs.push(texts(value, numbers.valueName)[0] ?? '')
    }
    return nodes.length > 0 ? { nodes, outputs } : undefined
  } catch {
    return undefined
  }
}

/**
 * The name of the tensor that goes into the last linear layer, when `output` is that layer's result, perhaps after a softmax,
 * a bias or a reshape; undefined for anything else (the output is then features already).
 */
export function featuresBeforeClassifier(graph: OnnxGraph, output: string): string | undefined {
  const producer = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)))
  let node = producer.get(output)
  while (node && ['Softmax', 'LogSoftmax', 'Identity', 'Flatten', 'Reshape', 'Squeeze', 'Sigmoid'].includes(node.op)) {
    node = producer.get(node.inputs[0] ?? '')
  }
  // MatMul and its bias
  if (node?.op === 'Add') node = node.inputs.map((name) => producer.get(name)).find((before) => before?.op === 'MatMul')
  if (node?.op !== 'Gemm' && node?.op !== 'MatMul') return undefined
  const features = node.inputs[0]
  return features !== undefined && producer.has(features) ? features : undefined
}

/**
 * The model with one more output. Appended bytes suffice: a message that occurs twice is merged, its lists concatenated
 * (https://protobuf.dev/programming-guides/encoding/#last-one-wins).
 */
export function withOutput(model: Uint8Array, tensor: string): Uint8Array {
  const value = field(numbers.valueName, tensor)
  return join([model, field(numbers.modelGraph, field(numbers.graphOutput, value))])
}
