/**
 * Messages over a stream between two processes of ours: a header of JSON and bytes that are not copied into it. Node's own
 * channel turns bytes into text or clones them; pixels pass here as they are.
 *
 *   u32 length of the header, u32 length of the bytes (little-endian), header, bytes
 */
import type { Duplex } from 'node:stream'

export interface Frame<H> {
  readonly header: H
  readonly bytes: Buffer
}

const prefix = 8

export function writeFrame(stream: Duplex, header: unknown, bytes: readonly Uint8Array[] = []): void {
  const text = Buffer.from(JSON.stringify(header))
  const head = Buffer.alloc(prefix + text.length)
  head.writeUInt32LE(text.length, 0)
  head.writeUInt32LE(
    bytes.reduce((sum, { length }) => sum + length, 0),
    4,
  )
  head.set(text, prefix)
  stream.cork()
  stream.write(head)
  for (const part of bytes) if (part.length > 0) stream.write(part)
  stream.uncork()
}

/**
 * Calls back with each message. Bytes go into memory of their own of the right size, once.
 * @param most bytes of a message; a longer one ends the stream with an error
 */
export function readFrames<H>(stream: Duplex, most: number, onFrame: (frame: Frame<H>) => void): void {
  let head = Buffer.alloc(0)
  let sizes: { header: number; bytes: number } | undefined
  let into = Buffer.alloc(0)
  let filled = 0
  stream.on('data', (chunk: Buffer) => {
    let at = 0
    while (at < chunk.length || (sizes && filled === into.length)) {
      if (sizes === undefined) {
        const part = chunk.subarray(at, at + prefix - head.length)
        head = Buffer.concat([head, part])
        at += part.length
        if (head.length < prefix) return
        sizes = { header: head.readUInt32LE(0), bytes: head.readUInt32LE(4) }
        head = Buffer.alloc(0)
        if (sizes.header + sizes.bytes > most) {
          stream.destroy(new Error(`a message of ${sizes.header + sizes.bytes} bytes`))
          return
        }
        into = Buffer.allocUnsafeSlow(sizes.header + sizes.bytes)
        filled = 0
      }
      const copied = chunk.copy(into, filled, at)
      at += copied
      filled += copied
      if (filled < into.length) return
      const header = JSON.parse(into.toString('utf8', 0, sizes.header)) as H
      const bytes = into.subarray(sizes.header)
      sizes = undefined
      filled = 0
      into = Buffer.alloc(0)
      onFrame({ header, bytes })
    }
  })
}
