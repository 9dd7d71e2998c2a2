/** The items of an ISO base media file's `meta` box: ids, types, bytes, and which are made of which. ISO 14496-12, 23008-12. */
import { maxParts, type Reader, readerOf } from './header-cost.ts'

export interface Item {
  readonly id: number
  readonly type: string
  readonly data: Uint8Array
}

export interface Items {
  /** At most one more than `maxParts.items`. */
  readonly list: readonly Item[]
  /** Item to those that it is put together of (`dimg`), as often as each is named. */
  readonly derived: ReadonlyMap<number, readonly number[]>
  readonly isPart: ReadonlySet<number>
  /** The largest sides that any property claims. */
  readonly width: number
  readonly height: number
}

interface Box {
  readonly type: string
  /** Of its content. */
  readonly from: number
  readonly end: number
}

export function readItems(bytes: Uint8Array): Items | undefined {
  const read = readerOf(bytes)
  const meta = boxes(read, 0, read.length).find(({ type }) => type === 'meta')
  if (meta === undefined) return undefined
  const inner = boxes(read, meta.from + 4, meta.end)
  const find = (type: string): Box | undefined => inner.find((box) => box.type === type)
  const idat = find('idat')
  const places = readPlaces(read, find('iloc'), bytes, idat && bytes.subarray(idat.from, idat.end))
  const list = readTypes(read, find('iinf')).map(({ id, type }) => ({ id, type, data: places.get(id) ?? empty }))
  const derived = readDerived(read, find('iref'))
  const [width, height] = largestClaim(read, find('iprp'))
  return { list, derived, isPart: new Set([...derived.values()].flat()), width, height }
}

const empty = new Uint8Array(0)

function boxes(read: Reader, from: number, end: number): Box[] {
  const found: Box[] = []
  for (let at = from; at + 8 <= end && found.length <= 4 * maxParts.items; ) {
    const short = read.u32(at)
    const size = short === 1 ? read.u64(at + 8) : short === 0 ? end - at : short
    if (!(size >= 8)) break
    found.push({ type: read.tag(at + 4), from: at + (short === 1 ? 16 : 8), end: Math.min(at + size, end) })
    at += size
  }
  return found
}

function readTypes(read: Reader, iinf: Box | undefined): { id: number; type: string }[] {
  if (iinf === undefined) return []
  const from = iinf.from + (read.u8(iinf.from) === 0 ? 6 : 8)
  return boxes(read, from, iinf.end)
    .slice(0, maxParts.items + 1)
    .map((box) => {
      const isLong = read.u8(box.from) >= 3
      const at = box.from + 4
      return { id: isLong ? read.u32(at) : read.u16(at), type: read.tag(at + (isLong ? 6 : 4)) }
    })
}

/** Bytes of each item, put together of its extents; together never more than twice the file. */
function readPlaces(
  read: Reader,
  iloc: Box | undefined,
  file: Uint8Array,
  idat: Uint8Array | undefined,
): Map<number, Uint8Array> {
  const places = new Map<number, Uint8Array>()
  if (iloc === undefined) return places
  const version = read.u8(iloc.from)
  const sizes = read.u16(iloc.from + 4)
  const [offsetSize, lengthSize, baseSize] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15]
  const indexSize = version === 0 ? 0 : sizes & 15
  let at = iloc.from + 6
  const next = (size: number): number => {
    const value = size === 8 ? read.u64(at) : size === 4 ? read.u32(at) : size === 2 ? read.u16(at) : 0
    at += size
    return value
  }
  const count = next(version < 2 ? 2 : 4)
  let room = 2 * file.length
  for (let i = 0; i < Math.min(count, maxParts.items + 1) && at < iloc.end; i++) {
    const id = next(version < 2 ? 2 : 4)
    const isInIdat = version > 0 && (next(2) & 15) === 1
    next(2)
    const base = next(baseSize)
    const extents = next(2)
    const source = isInIdat ? (idat ?? empty) : file
    const parts: Uint8Array[] = []
    for (let k = 0; k < extents && at < iloc.end; k++) {
      next(indexSize)
      const from = base + next(offsetSize)
      const length = next(lengthSize)
      const part = source.subarray(from, lengthSize === 0 ? undefined : from + length)
      room -= part.length
      if (room >= 0) parts.push(part)
    }
    places.set(id, parts.length === 1 ? parts[0]! : Buffer.concat(parts))
  }
  return places
}

function readDerived(read: Reader, iref: Box | undefined): Map<number, number[]> {
  const derived = new Map<number, number[]>()
  if (iref === undefined) return derived
  const size = read.u8(iref.from) === 0 ? 2 : 4
  const id = (at: number): number => (size === 2 ? read.u16(at) : read.u32(at))
  for (const box of boxes(read, iref.from + 4, iref.end)) {
    if (box.type !== 'dimg') continue
    const count = Math.min(read.u16(box.from + size), maxParts.items + 1)
    const parts = Array.from({ length: count || 0 }, (_, i) => id(box.from + size + 2 + i * size))
    derived.set(id(box.from), [...(derived.get(id(box.from)) ?? []), ...parts])
  }
  return derived
}

function largestClaim(read: Reader, iprp: Box | undefined): [number, number] {
  let [width, height] = [0, 0]
  for (const ipco of iprp ? boxes(read, iprp.from, iprp.end) : []) {
    if (ipco.type !== 'ipco') continue
    for (const { type, from } of boxes(read, ipco.from, ipco.end)) {
      if (type !== 'ispe') continue
      width = Math.max(width, read.u32(from + 4) || 0)
      height = Math.max(height, read.u32(from + 8) || 0)
    }
  }
  return [width, height]
}
