/**
 * Just enough of the ONNX file format (protocol buffers) for two questions that a session does not answer: which tensor
 * feeds the last linear layer of a classifier (better features than its logits), and how to read a tensor that is no output.
 * Fields as numbered in https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */

interface Node {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

export interface OnnxGraph {
  readonly nodes: readonly Node[]
  readonly outputs: readonly string[]
}

const field = {
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
    for (const graph of messages(model, field.modelGraph)) {
      for (const node of messages(graph, field.graphNode)) {
        nodes.push({
          op: texts(node, field.nodeOp)[0] ?? '',
          inputs: texts(node, field.nodeInput),
          outputs: texts(node, field.nodeOutput),
        })
      }
      for (const value of messages(graph, field.graphOutput)) outputs.push(texts(value, field.valueName)[0] ?? '')
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
  const name = new TextEncoder().encode(tensor)
  const value = delimited(field.valueName, name)
  const extra = delimited(field.modelGraph, delimited(field.graphOutput, value))
  const extended = new Uint8Array(model.length + extra.length)
  extended.set(model)
  extended.set(extra, model.length)
  return extended
}

function delimited(number: number, body: Uint8Array): Uint8Array {
  return Uint8Array.from([...varint(number * 8 + 2), ...varint(body.length), ...body])
}

function varint(value: number): number[] {
  const bytes: number[] = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value & 127) | 128)
  return [...bytes, value]
}

function texts(message: Uint8Array, wanted: number): string[] {
  return [...messages(message, wanted)].map((body) => new TextDecoder().decode(body))
}

/** The bodies of one length-delimited field, without copying. Throws RangeError on malformed bytes. */
function* messages(message: Uint8Array, wanted: number): Generator<Uint8Array> {
  let at = 0
  const readVarint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++]
      if (byte === undefined || scale > 2 ** 63) throw new RangeError('malformed varint')
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  while (at < message.length) {
    const tag = readVarint()
    const wire = tag % 8
    if (wire === 0) readVarint()
    else if (wire === 1) at += 8
    else if (wire === 5) at += 4
    else if (wire === 2) {
      const length = readVarint()
      if (at + length > message.length) throw new RangeError('field beyond the end')
      if (Math.floor(tag / 8) === wanted) yield message.subarray(at, at + length)
      at += length
    } else throw new RangeError(`unknown wire type ${wire}`)
  }
}
