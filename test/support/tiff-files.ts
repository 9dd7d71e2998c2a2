/** TIFF files of any kind: uncompressed samples and any tags, little-endian, one strip. */
export interface TiffFields {
  readonly width: number
  readonly height: number
  /** Per sample. */
  readonly bits: number
  readonly samples?: number
  /** 1 unsigned, 2 signed, 3 float. */
  readonly sampleFormat?: number
  readonly photometric?: number
  readonly compression?: number
  /** More tags, LONG. */
  readonly tags?: Readonly<Record<number, number>>
}

export function tiffFile(fields: TiffFields, data: ArrayBufferView): Uint8Array {
  const samples = fields.samples ?? 1
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const entries: [tag: number, type: number, count: number, value: number][] = [
    [256, 4, 1, fields.width],
    [257, 4, 1, fields.height],
    [258, 3, samples, fields.bits],
    [259, 3, 1, fields.compression ?? 1],
    [262, 3, 1, fields.photometric ?? (samples >= 3 ? 2 : 1)],
    [273, 4, 1, 0],
    [277, 3, 1, samples],
    [278, 4, 1, fields.height],
    [279, 4, 1, pixels.length],
    [284, 3, 1, 1],
    [339, 3, samples, fields.sampleFormat ?? 1],
    ...Object.entries(fields.tags ?? {}).map(([tag, value]): [number, number, number, number] => [
      Number(tag),
      4,
      1,
      value,
    ]),
  ]
  entries.sort((a, b) => a[0] - b[0])
  const tableAt = 8 + 2 + entries.length * 12 + 4
  const shorts = entries.filter(([, type, count]) => type === 3 && count > 2)
  const dataAt = tableAt + shorts.length * samples * 2
  const bytes = new Uint8Array(dataAt + pixels.length)
  const view = new DataView(bytes.buffer)
  bytes.set([0x49, 0x49, 42, 0])
  view.setUint32(4, 8, true)
  view.setUint16(8, entries.length, true)
  let table = tableAt
  entries.forEach(([tag, type, count, value], i) => {
    const at = 10 + i * 12
    view.setUint16(at, tag, true)
    view.setUint16(at + 2, type, true)
    view.setUint32(at + 4, count, true)
    if (type === 3 && count > 2) {
      view.setUint32(at + 8, table, true)
      for (let k = 0; k < count; k++) view.setUint16(table + 2 * k, value, true)
      table += 2 * count
    } else if (type === 3) {
      for (let k = 0; k < count; k++) view.setUint16(at + 8 + 2 * k, value, true)
    } else view.setUint32(at + 8, tag === 273 ? dataAt : value, true)
  })
  bytes.set(pixels, dataAt)
  return bytes
}

/** Grey values 0 to 255 of a picture that a mistake in scale would not leave alike: a ramp with a bright square. */
export function picture(width: number, height: number, seed = 0): Float64Array {
  return Float64Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)]
    const inside = Math.abs(x - 20 - (seed % 9)) < 8 && Math.abs(y - 24 - (seed % 5)) < 8
    return inside ? 255 : Math.round((230 * (x + y)) / (width + height - 2))
  })
}
