/** Formats of other programs: unsupported with what to do, never damaged; in folders images are reported, other files counted. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import sharp from 'sharp'
import { decodeImage } from '../../src/images/decode.ts'
import { isImageContent } from '../../src/images/format.ts'
import { bmp } from '../support/image-files.ts'

const decode = (bytes: Uint8Array, name = 'x') =>
  decodeImage({ name, bytes }, { width: 16, height: 16, resize: 'stretch' })
/** A file that begins so (Latin-1), or has it at a place of its. */
const file = (bytes: string, at = 0) =>
  Buffer.concat([Buffer.alloc(at), Buffer.from(bytes, 'latin1'), Buffer.alloc(200)])
const truevision = Buffer.from([0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 4, 0, 24, 0, ...Array(48).fill(90)])

const images: Record<string, [Uint8Array, RegExp, string?]> = {
  'Truevision, by its footer': [
    Buffer.concat([truevision, Buffer.alloc(8), Buffer.from('TRUEVISION-XFILE.\0')]),
    /Truevision/,
  ],
  'Truevision, by its name': [truevision, /Truevision/, 'a.tga'],
  PCX: [file('\x0a\x05\x01\x08'), /PCX/],
  'a cursor': [file('\0\0\x02\0\x01\0\x20\x20'), /icon/],
  'icons of macOS': [file('icns'), /icon/],
  DirectDraw: [file('DDS \x7c'), /DirectDraw/],
  DICOM: [file('DICM', 128), /DICOM.*save it as TIFF, with 8 or 16 bits/],
  'JPEG XR': [file('II\xbc\x01'), /JPEG XR/],
  GIMP: [file('gimp xcf v011'), /GIMP/],
  QOI: [file('qoif'), /QOI/],
  'floats of PNM': [file('PF\n64 48\n-1.0\n'), /PNM/],
  'a metafile': [file(' EMF', 40), /metafile.*export it as PNG/],
  'an older metafile': [file('\xd7\xcd\xc6\x9a'), /metafile/],
  DjVu: [file('AT&TFORM'), /DjVu/],
  MNG: [file('\x8aMNG\r\n\x1a\n'), /MNG/],
  SGI: [file('\x01\xda\x01\x01'), /SGI/],
  'Sun raster': [file('\x59\xa6\x6a\x95'), /Sun raster/],
  XBM: [Buffer.from('#define x_width 8\n#define x_height 8\n'), /XBM/],
  XPM: [Buffer.from('/* XPM */\nstatic char *x[] = {};\n'), /XPM/],
  'a microscope': [file('ZISRAWFILE'), /Zeiss/],
  'a PNG of Xcode': [file('\x89PNG\r\n\x1a\n\0\0\0\x04CgBI'), /Xcode.*pngcrush/],
}
const others: Record<string, [Uint8Array, RegExp]> = {
  'PostScript with a preview': [file('\xc5\xd0\xd3\xc6'), /PostScript/],
  PDF: [file('%PDF-1.4'), /PDF.*pdfimages/],
  NumPy: [file('\x93NUMPY'), /NumPy.*as features/],
  HDF5: [file('\x89HDF\r\n'), /HDF5/],
  '7-Zip': [file('7z\xbc\xaf\x27\x1c'), /archive.*unpack it/],
  RAR: [file('Rar!\x1a\x07'), /archive.*unpack it/],
  gzip: [file('\x1f\x8b\x08'), /archive.*unpack it/],
  MP4: [file('\0\0\0\x18ftypisom'), /video.*frames/],
}

describe('unsupported, and called by its name', () => {
  for (const [name, [bytes, message, called]] of Object.entries({ ...images, ...others }))
    it(name, async () => {
      await assert.rejects(decode(bytes, called), { code: 'IMAGE_UNSUPPORTED', message })
      const isImage = name in images && !name.startsWith('Truevision')
      assert.equal(isImageContent(bytes.subarray(0, 4096)), isImage)
    })

  it('none of the files that are accepted is taken for one of them', async () => {
    const plain = sharp({ create: { width: 20, height: 20, channels: 3, background: '#5a6b7c' } })
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)
      assert.equal((await decode(await plain.clone().toFormat(format).toBuffer(), 'x.tga')).width, 16)
    assert.equal((await decode(bmp(20, 20, 24, [1, 2, 3]), 'x.tga')).width, 16)
    await assert.rejects(decode(Buffer.alloc(300), 'x.tga'), { code: 'IMAGE_UNREADABLE' })
    await assert.rejects(decode(Buffer.alloc(300), 'x.jpg'), { code: 'IMAGE_UNREADABLE' })
  })
})

it('bitmaps of OS/2 are read, with the short header and the long one', async () => {
  const { data } = await decode(bmp(20, 20, 24, [200, 30, 60]))
  for (const size of [16, 64]) {
    const whole = Buffer.from(bmp(20, 20, 24, [200, 30, 60]))
    const header = Buffer.alloc(size)
    whole.copy(header, 0, 14, 14 + Math.min(size, 40))
    header.writeUInt32LE(size, 0)
    const start = Buffer.from(whole.subarray(0, 14))
    start.writeUInt32LE(14 + size, 10)
    const os2 = Buffer.concat([start, header, whole.subarray(54)])
    assert.deepEqual((await decode(os2)).data, data)
  }
})
