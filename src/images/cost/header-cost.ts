/** What the header readers of each format tell (`jpeg.ts`, `png.ts`, ...): what decoding would build, before it is built. */
export interface HeaderCost {
  /** Sides of the largest picture that decoding builds, frames and tiles included; pixels. */
  readonly width: number
  readonly height: number
  /** CPU time of decoding: an upper estimate for a core of 2020, from counts in the file. Nanoseconds. */
  readonly nanoseconds: number
  /** Memory of decoding beside the file itself: an upper estimate. Bytes. */
  readonly memory: number
  /** What the file holds more than one of, scans for example: each count has a limit. */
  readonly parts?: { readonly name: PartName; readonly count: number }
}

export type PartName = 'scans' | 'frames' | 'pages' | 'tiles' | 'items'

/** Most parts that a file may have. Ordinary files have 10 scans, some hundred frames; readers stop counting one above. */
export const maxParts: Readonly<Record<PartName, number>> = {
  scans: 200,
  frames: 10_000,
  pages: 10_000,
  tiles: 1_000_000,
  items: 1000,
}

/** Big-endian and little-endian numbers at a place of the file; NaN beyond its end, so that sums of it are NaN too. */
export interface Reader {
  readonly length: number
  u8(at: number): number
  u16(at: number): number
  u24(at: number): number
  u32(at: number): number
  u64(at: number): number
  /** Four characters. */
  tag(at: number): string
}

export function readerOf(bytes: Uint8Array, littleEndian = false): Reader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const within = (at: number, size: number): boolean => at >= 0 && at + size <= bytes.length
  const reader: Reader = {
    length: bytes.length,
    u8: (at) => (within(at, 1) ? bytes[at]! : Number.NaN),
    u16: (at) => (within(at, 2) ? view.getUint16(at, littleEndian) : Number.NaN),
    u24: (at) =>
      littleEndian ? reader.u16(at) + reader.u8(at + 2) * 65_536 : reader.u16(at) * 256 + reader.u8(at + 2),
    u32: (at) => (within(at, 4) ? view.getUint32(at, littleEndian) : Number.NaN),
    u64: (at) => (within(at, 8) ? Number(view.getBigUint64(at, littleEndian)) : Number.NaN),
    tag: (at) => (within(at, 4) ? String.fromCharCode(...bytes.subarray(at, at + 4)) : ''),
  }
  return reader
}
