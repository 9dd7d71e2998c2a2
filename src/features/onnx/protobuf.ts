/** Just enough of protocol buffers to read and write ONNX files (https://protobuf.dev/programming-guides/encoding/). */
export type Bytes = Uint8Array

function varint(value: number): number[] {
  const bytes: number[] = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value & 127) | 128)
  return [...bytes, value]
}

/** A length-delimited field: a message, a text or raw bytes. */
export function field(number: number, body: Bytes | string | readonly Bytes[]): Bytes {
  const parts = typeof body === 'string' ? [new TextEncoder().encode(body)] : body instanceof Uint8Array ? [body] : body
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return join([Uint8Array.from([...varint(number * 8 + 2), ...varint(length)]), ...parts])
}

/** A varint field of a non-negative integer. */
export function integerField(number: number, value: number): Bytes {
  return Uint8Array.from([...varint(number * 8), ...varint(value)])
}

/** A 32-bit float field. */
export function floatField(number: number, value: number): Bytes {
  return join([Uint8Array.from(varint(number * 8 + 5)), new Uint8Array(Float32Array.of(value).buffer)])
}

export function join(parts: readonly Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

export function texts(message: Bytes, wanted: number): string[] {
  return [...messages(message, wanted)].map((body) => new TextDecoder().decode(body))
}

/** The bodies of one length-delimited field, without copying. Throws RangeError on malformed bytes. */
export function* messages(message: Bytes, wanted: number): Generator<Bytes> {
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
