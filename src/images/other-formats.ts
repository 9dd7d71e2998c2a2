/** Formats that are known and not accepted, told by their first bytes, each with what to do about it. */

export interface OtherFormat {
  /** With its article, as in `is a Truevision image`. */
  readonly what: string
  /** Images are reported one by one; other files in a folder are left out and counted. */
  readonly isImage: boolean
  readonly todo: string
}

export const toConvert = 'convert it to JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP'

const image = (what: string, todo = toConvert): OtherFormat => ({ what, isImage: true, todo })
const other = (what: string, todo: string): OtherFormat => ({ what, isImage: false, todo })

const drawing = 'export it as PNG at the size that it is to have'
const scientific = 'save it as TIFF, with 8 or 16 bits or floats of 32 bits a sample'
const array = 'save it as TIFF; rows of embeddings are given as features, not as images'
const archive = other('a compressed archive', 'unpack it first')

/** At a place of the file (default: its start), bytes as Latin-1. */
type Magic = readonly [format: OtherFormat, bytes: string, at?: number]

const magics: readonly Magic[] = [
  [image('a JPEG 2000 image'), '\0\0\0\x0cjP'],
  [image('a JPEG 2000 image'), '\xff\x4f\xff\x51'],
  [image('a JPEG XL image'), '\xff\x0a'],
  [image('a JPEG XR image'), 'II\xbc'],
  [image('a Photoshop document'), '8BPS'],
  [image('a GIMP document'), 'gimp xcf'],
  [image('an icon file'), 'icns'],
  [image('a DirectDraw texture'), 'DDS '],
  [image('a DICOM image', scientific), 'DICM', 128],
  [image('a QOI image'), 'qoif'],
  [image('a farbfeld image'), 'farbfeld'],
  [image('an OpenEXR image', scientific), '\x76\x2f\x31\x01'],
  [image('a Radiance HDR image'), '#?RADIANCE'],
  [image('a Radiance HDR image'), '#?RGBE'],
  [image('a FITS image', scientific), 'SIMPLE  ='],
  [image('a Zeiss microscope image', scientific), 'ZISRAWFILE'],
  [image('a Nikon microscope image', scientific), '\xda\xce\xbe\x0a'],
  [image('a FLIF image'), 'FLIF'],
  [image('a BPG image'), 'BPG\xfb'],
  [image('an MNG image'), '\x8aMNG'],
  [image('a JNG image'), '\x8bJNG'],
  [image('a Sun raster image'), '\x59\xa6\x6a\x95'],
  [image('a DjVu image'), 'AT&TFORM'],
  [image('an XPM image'), '/* XPM */'],
  [image('a PNG as Xcode packs them into apps', 'unpack it with "pngcrush -revert-iphone-optimizations"'), 'CgBI', 12],
  [image('a metafile of Windows', drawing), '\xd7\xcd\xc6\x9a'],
  [image('a metafile of Windows', drawing), ' EMF', 40],
  [other('a PDF document', 'take the images out of it (pdfimages)'), '%PDF'],
  [other('a PostScript document', drawing), '%!PS'],
  [other('a PostScript document', drawing), '\xc5\xd0\xd3\xc6'],
  [other('an array of NumPy', array), '\x93NUMPY'],
  [other('an HDF5 file', array), '\x89HDF'],
  [archive, '\x1f\x8b'],
  [archive, 'PK\x03\x04'],
  [archive, '7z\xbc\xaf'],
  [archive, 'Rar!'],
  [archive, '\xfd7zXZ'],
  [archive, '\x28\xb5\x2f\xfd'],
]

/** Formats whose first bytes are told apart by more than their values. */
const shapes: readonly (readonly [format: OtherFormat, isIt: (head: Uint8Array, text: string) => boolean])[] = [
  [image('a PNM image'), (_, text) => /^P[1-7FfHh]\s/.test(text)],
  [image('an XBM image'), (_, text) => /^#define\s+\w+_width\s/.test(text)],
  [
    image('an icon file'),
    ([a, b, kind = 0, c, width, colours, , , , d]) =>
      [a, b, c, colours, d].every((byte) => byte === 0) && (kind === 1 || kind === 2) && width !== 0,
  ],
  [
    image('a PCX image'),
    ([magic, version = 9, packed = 9, bits = 9]) =>
      magic === 10 && [0, 2, 3, 4, 5].includes(version) && packed <= 1 && [1, 2, 4, 8].includes(bits),
  ],
  [
    image('a bitmap without the head of its file', 'open it in an image program, and save it as PNG'),
    ([size, b, c, d, , , , , , , , , planes, e, bits = 9]) =>
      [40, 108, 124].includes(size ?? 0) &&
      [b, c, d, e].every((byte) => byte === 0) &&
      planes === 1 &&
      [1, 4, 8, 16, 24, 32].includes(bits),
  ],
  [
    image('an SGI image'),
    ([a, b, packed = 9, bytes = 9]) => a === 1 && b === 0xda && packed <= 1 && (bytes === 1 || bytes === 2),
  ],
]

/** @param head the first bytes of a file */
export function otherFormat(head: Uint8Array): OtherFormat | undefined {
  const found = magics.find(([, bytes, at = 0]) => latin(head, at, at + bytes.length) === bytes)
  if (found) return found[0]
  const text = latin(head, 0, 200)
  return shapes.find(([, isIt]) => isIt(head, text))?.[0]
}

const truevision = image('a Truevision (TGA) image')
const footer = 'TRUEVISION-XFILE.\0'

/** A Truevision image has no magic number at its start: its newer form ends with one, of the older one the name tells. */
function isTruevision(bytes: Uint8Array, name: string): boolean {
  if (latin(bytes, bytes.length - footer.length, bytes.length) === footer) return true
  const [, map = 9, kind = 0] = bytes
  return (
    /\.(tga|icb|vda|vst)$/i.test(name) &&
    map <= 1 &&
    [1, 2, 3, 9, 10, 11].includes(kind) &&
    [8, 15, 16, 24, 32].includes(bytes[16] ?? 0)
  )
}

/** What a whole file is, where its first bytes do not say it. */
export function otherByWhole(bytes: Uint8Array, name: string): OtherFormat | undefined {
  return isTruevision(bytes, name) ? truevision : undefined
}

function latin(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(Math.max(0, from), to))
}
