/**
 * Writes small ONNX networks: for the face networks, whose weights come in another format, and for tests.
 * Fields as numbered in https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { type Bytes, field, floatField, integerField, join } from './protobuf.ts'

type Attribute = number | string | readonly number[] | { readonly float: number }

const opset = 13
const irVersion = 8
const elementType = { float32: 1, int64: 7 } as const

/** A network in the making. Tensors are named; every method that adds one gives its name back. */
export class OnnxWriter {
  readonly #nodes: Bytes[] = []
  readonly #constants: Bytes[] = []
  readonly #inputs: Bytes[] = []
  readonly #outputs: Bytes[] = []
  #count = 0

  /** @param shape names stand for free dimensions */
  input(name: string, shape: readonly (number | string)[]): string {
    this.#inputs.push(field(11, valueInfo(name, shape)))
    return name
  }

  output(name: string, shape: readonly (number | string)[]): void {
    this.#outputs.push(field(12, valueInfo(name, shape)))
  }

  constant(shape: readonly number[], values: Float32Array): string {
    return this.#constant(
      shape,
      elementType.float32,
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    )
  }

  integers(values: readonly number[]): string {
    return this.#constant([values.length], elementType.int64, new Uint8Array(BigInt64Array.from(values, BigInt).buffer))
  }

  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output = this.#name(op),
  ): string {
    this.#nodes.push(
      field(1, [
        ...inputs.map((name) => field(1, name)),
        field(2, output),
        field(4, op),
        ...Object.entries(attributes).map(([name, value]) => field(5, attribute(name, value))),
      ]),
    )
    return output
  }

  /** The bytes of the .onnx file. */
  finish(): Bytes {
    const graph = [...this.#nodes, field(2, 'graph'), ...this.#constants, ...this.#inputs, ...this.#outputs]
    return join([
      integerField(1, irVersion),
      field(2, 'oneclass'),
      field(7, graph),
      field(8, [field(1, ''), integerField(2, opset)]),
    ])
  }

  #constant(shape: readonly number[], type: number, raw: Bytes): string {
    const name = this.#name('c')
    const body = [...shape.map((side) => integerField(1, side)), integerField(2, type), field(8, name), field(9, raw)]
    this.#constants.push(field(5, body))
    return name
  }

  #name(prefix: string): string {
    return `${prefix}_${this.#count++}`
  }
}

/** A float32 tensor's name and shape. */
function valueInfo(name: string, shape: readonly (number | string)[]): Bytes {
  const sides = shape.map((side) => field(1, typeof side === 'number' ? integerField(1, side) : field(2, side)))
  const tensor = field(1, [integerField(1, elementType.float32), field(2, sides)])
  return join([field(1, name), field(2, tensor)])
}

function attribute(name: string, value: Attribute): Bytes {
  const type = (number: number) => integerField(20, number)
  if (typeof value === 'number') return join([field(1, name), integerField(3, value), type(2)])
  if (typeof value === 'string') return join([field(1, name), field(4, value), type(3)])
  if ('float' in value) return join([field(1, name), floatField(2, value.float), type(1)])
  return join([field(1, name), ...value.map((entry) => integerField(8, entry)), type(7)])
}
