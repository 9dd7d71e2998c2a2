/**
 * Files that should not be in a folder of photos: damaged, mislabelled, enormous, or made to hurt. All of them are drawn
 * here, from a seed: the same count and seed give the same files.
 */
import { deflateRawSync } from 'node:zlib'
import sharp, { type Sharp } from 'sharp'
import { createRandom } from '../../src/core/random.ts'
import { bmp, noise, pngHeader } from '../support/image-files.ts'
import { mutations, strangeNames } from './hostile-mutations.ts'
import {
  bmpOf,
  gifOfFrames,
  jpegOf,
  loopingIfd,
  manySegments,
  onePixelPng,
  pngWithChunks,
  pngWithText,
  repeatedScans,
  segment,
  tiffClaiming,
  tiffOfPages,
} from './hostile-parts.ts'

export interface HostileFile {
  readonly kind: string
  readonly name: string
  readonly bytes: Buffer
}

/** `size` of the large ones: `full` comes near to every limit, `small` to none. */
export async function hostileFiles(count: number, seed: number, size: 'full' | 'small'): Promise<HostileFile[]> {
  const random = createRandom(seed)
  const bases = await baseImages()
  const files: HostileFile[] = []
  const add = (kind: string, bytes: Uint8Array, name?: string) =>
    files.push({ kind, name: name ?? `${kind}-${files.length}.jpg`, bytes: Buffer.from(bytes) })

  for (const [kind, bytes] of bases) add(`whole ${kind}`, bytes)
  for (const [kind, bytes] of await bombs(size)) add(kind, bytes)
  for (const [kind, bytes] of await crafted(bases)) add(kind, bytes)
  const [, photo] = bases[0]!
  for (const name of strangeNames) add('strange name', photo, name)
  const kinds = [...bases.values()]
  while (files.length < count) {
    const at = files.length % mutations.length
    const [kind, mutate] = mutations[at]!
    const [name, bytes] = bases[random.int(bases.length)]!
    add(`${kind} ${name}`, mutate(bytes, random, kinds[random.int(kinds.length)]![1]))
  }
  return files
}

async function baseImages(): Promise<[string, Buffer][]> {
  const raw = { raw: { width: 96, height: 72, channels: 3 as const } }
  const soft = await sharp(noise(12 * 9 * 3, 5), { raw: { width: 12, height: 9, channels: 3 } })
    .resize(96, 72)
    .raw()
    .toBuffer()
  const plain = (): Sharp => sharp(soft, raw)
  const frames = await Promise.all(
    [1, 2, 3].map((i) =>
      plain()
        .modulate({ hue: i * 40 })
        .png()
        .toBuffer(),
    ),
  )
  const moving = () => sharp(frames, { join: { animated: true } })
  return [
    ['jpeg', await plain().jpeg().toBuffer()],
    ['jpeg progressive', await plain().jpeg({ progressive: true }).toBuffer()],
    ['jpeg CMYK', await plain().toColourspace('cmyk').jpeg().toBuffer()],
    ['jpeg grey', await plain().greyscale().jpeg().toBuffer()],
    ['jpeg EXIF', await plain().withMetadata({ orientation: 6, icc: 'p3' }).jpeg().toBuffer()],
    ['png', await plain().png().toBuffer()],
    ['png 16-bit', await plain().toColourspace('rgb16').png().toBuffer()],
    ['png palette', await plain().png({ palette: true }).toBuffer()],
    ['png interlaced', await plain().png({ progressive: true }).toBuffer()],
    ['png alpha', await plain().ensureAlpha(0.5).png().toBuffer()],
    ['webp', await plain().webp().toBuffer()],
    ['webp lossless', await plain().webp({ lossless: true }).toBuffer()],
    ['webp animated', await moving().webp().toBuffer()],
    ['gif', await plain().gif().toBuffer()],
    ['gif animated', await moving().gif().toBuffer()],
    ['tiff', await plain().tiff().toBuffer()],
    ['tiff LZW tiles', await plain().tiff({ compression: 'lzw', tile: true }).toBuffer()],
    ['tiff CMYK', await plain().toColourspace('cmyk').tiff({ compression: 'deflate' }).toBuffer()],
    ['tiff pages', await moving().tiff().toBuffer()],
    ['tiff float', await plain().toColourspace('scrgb').tiff({ compression: 'none' }).toBuffer()],
    ['avif', await plain().avif({ effort: 0 }).toBuffer()],
    ['bmp', Buffer.from(bmp(40, 30, 24, [200, 100, 50]))],
    ['bmp palette', Buffer.from(bmp(40, 30, 8, [200, 100, 50]))],
  ]
}

/** Small files that ask for much. */
async function bombs(size: 'full' | 'small'): Promise<[string, Buffer][]> {
  const side = size === 'full' ? 8192 : 1024 // 8192 x 8192 is what is just allowed
  const flat = (channels: 3 | 4 = 3) =>
    sharp({ create: { width: side, height: side, channels, background: { r: 200, g: 40, b: 40, alpha: 0.5 } } })
  const files: [string, Buffer][] = [
    ['bomb png 30000x30000', onePixelPng(30_000, 30_000)],
    ['bomb png header', Buffer.from(pngHeader(65_000, 65_000))],
    ['bomb png header 2^31', Buffer.from(pngHeader(0x7fffffff, 0x7fffffff))],
    ['bomb png line', onePixelPng(60_000_000, 1)],
    ['bomb png column', onePixelPng(1, 65_500)],
    ['bomb png text', pngWithText(size === 'full' ? 64 : 4)],
    ['bomb png many chunks', pngWithChunks(size === 'full' ? 100_000 : 2000)],
    ['bomb jpeg header', jpegOf(await flat().resize(64).jpeg().toBuffer(), 65_500, 65_500)],
    [
      'bomb jpeg scans',
      repeatedScans(
        await flat()
          .resize(size === 'full' ? 2000 : 300)
          .jpeg({ progressive: true })
          .toBuffer(),
        size === 'full' ? 400 : 50,
      ),
    ],
    ['bomb jpeg EXIF', manySegments(await flat().resize(64).jpeg().toBuffer(), size === 'full' ? 200 : 20)],
    ['bomb gif frames', gifOfFrames(size === 'full' ? 100_000 : 2000)],
    ['bomb gif canvas', gifOfFrames(1, 65_535)],
    ['bomb tiff pages', tiffOfPages(size === 'full' ? 20_000 : 500)],
    ['bomb tiff loop', tiffOfPages(3, true)],
    ['bomb tiff strip', tiffClaiming(8000, 8000)],
    ['bomb tiff size', tiffClaiming(1_000_000, 1_000_000)],
    ['bomb bmp one bit', Buffer.from(bmp(side, side, 1, [9, 9, 9]))],
    ['bomb bmp size', bmpOf(60_000, 60_000)],
    ['large png', await flat().png({ compressionLevel: 9 }).toBuffer()],
    ['large png alpha interlaced 16-bit', await flat(4).toColourspace('rgb16').png({ progressive: true }).toBuffer()],
    ['large jpeg', await flat().jpeg().toBuffer()],
    ['large jpeg progressive', await flat().jpeg({ progressive: true }).toBuffer()],
    ['large webp', await flat().webp({ effort: 0 }).toBuffer()],
    ['large tiff one strip', await flat().tiff({ compression: 'deflate' }).toBuffer()],
    [
      'large gif',
      await flat()
        .resize(side / 2)
        .gif({ effort: 1 })
        .toBuffer(),
    ],
    [
      'large avif',
      await flat()
        .resize(side / 4)
        .avif({ effort: 0, quality: 20 })
        .toBuffer(),
    ],
  ]
  return files
}

/** Other formats, disguises, and things that are two things at once. */
async function crafted(bases: readonly [string, Buffer][]): Promise<[string, Buffer][]> {
  const of = (kind: string) => bases.find(([name]) => name === kind)![1]
  const [jpeg, png, gif, avif] = [of('jpeg'), of('png'), of('gif'), of('avif')]
  const text = (content: string) => Buffer.from(content, 'latin1')
  const svg = (inside: string) => text(`<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99">${inside}</svg>`)
  const zip = Buffer.concat([text('PK\u0003\u0004'), deflateRawSync(Buffer.alloc(1000))])
  const heic = Buffer.from(avif)
  heic.write('heic', 8)
  heic.write('heic', 16)
  const doctype = '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">'
  const laughs = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('')
  return [
    ['nothing', Buffer.alloc(0)],
    ['one byte', Buffer.from([0xff])],
    ['zeros', Buffer.alloc(10_000)],
    ['text', text('just a text')],
    ['html', text('<!doctype html><script>fetch("http://127.0.0.1/")</script>')],
    ['script', text('#!/bin/sh\nrm -rf /\n')],
    ['svg', svg('<rect width="9" height="9"/>')],
    ['svg file', svg('<image href="file:///etc/passwd" width="9" height="9"/>')],
    ['svg address', svg('<image href="http://127.0.0.1:9/x.png"/><use href="http://127.0.0.1:9/y.svg#a"/>')],
    ['svg style', svg('<style>@import url(http://127.0.0.1:9/x.css);</style>')],
    ['svg script', svg('<script>alert(1)</script>')],
    ['svg entity', text(`${doctype}]><svg width="9" height="9"><text>&a;</text></svg>`)],
    ['svg laughs', text(`<!DOCTYPE svg [<!ENTITY l0 "ha">${laughs}]><svg><text>&l9;</text></svg>`)],
    ['svg behind ftyp', Buffer.concat([text('    ftypavif    '), svg('')])],
    ['svg behind webp', Buffer.concat([text('RIFFxxxxWEBP'), svg('')])],
    ['svg behind gif', Buffer.concat([text('GIF89a'), svg('')])],
    ['svg behind space', Buffer.concat([text(' '.repeat(2000)), svg('')])],
    ['heic', heic],
    ['heic header', text('\0\0\0\u0018ftypheic\0\0\0\0mif1heic')],
    ['avif sequence', Buffer.concat([text('\0\0\0\u0018ftypavis\0\0\0\0avifavis'), noise(2000, 4)])],
    ['jxl', Buffer.concat([Buffer.from([0xff, 0x0a]), noise(500, 1)])],
    ['jp2', Buffer.concat([Buffer.from('0000000c6a5020200d0a870a', 'hex'), noise(500, 2)])],
    ['pdf', text('%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj')],
    ['postscript', text('%!PS-Adobe-3.0\n(/etc/passwd)(r)file')],
    ['psd', Buffer.concat([text('8BPS'), noise(500, 3)])],
    ['ico', Buffer.concat([Buffer.from([0, 0, 1, 0, 1, 0]), png])],
    ['mvg', text('push graphic-context\nimage over 0,0 0,0 "|id"\npop graphic-context')],
    ['msl', text('<?xml version="1.0"?><image><read filename="/etc/passwd"/></image>')],
    ['zip', zip],
    ['polyglot jpeg and zip', Buffer.concat([jpeg, zip])],
    ['polyglot jpeg and svg', Buffer.concat([jpeg, svg('<image href="file:///etc/passwd"/>')])],
    [
      'polyglot gif and script',
      Buffer.concat([gif.subarray(0, 6), text('/*'), gif.subarray(8), text('*/=1;alert(1)')]),
    ],
    ['polyglot png and html', Buffer.concat([png, text('<script>alert(1)</script>')])],
    ['polyglot png in jpeg', Buffer.concat([jpeg.subarray(0, 20), png])],
    ['jpeg of two', Buffer.concat([jpeg, jpeg])],
    ['base64 of a jpeg', Buffer.from(jpeg.toString('base64'))],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0])],
    [
      'icc',
      Buffer.concat([
        jpeg.subarray(0, 2),
        segment(0xe2, Buffer.concat([text('ICC_PROFILE\0\u0001\u0001'), noise(3000, 6)])),
        jpeg.subarray(2),
      ]),
    ],
    [
      'exif loop',
      Buffer.concat([
        jpeg.subarray(0, 2),
        segment(0xe1, Buffer.concat([text('Exif\0\0II*\0\u0008\0\0\0'), loopingIfd()])),
        jpeg.subarray(2),
      ]),
    ],
    ['orientation 99', await sharp(jpeg).withMetadata({ orientation: 8 }).jpeg().toBuffer()],
  ]
}
