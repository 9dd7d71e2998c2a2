/** Ways to damage a file, and names that files should not have. */
import type { Random } from '../../src/core/random.ts'
import { noise } from '../support/image-files.ts'

type Mutation = (bytes: Buffer, random: Random, other: Buffer) => Buffer
const at = (bytes: Buffer, random: Random) => random.int(Math.max(1, bytes.length))

export const mutations: readonly (readonly [string, Mutation])[] = [
  ['cut', (bytes, random) => bytes.subarray(0, at(bytes, random))],
  [
    'bits',
    (bytes, random) => {
      const copy = Buffer.from(bytes)
      for (let i = 0; i <= random.int(20); i++) copy[at(copy, random)]! ^= 1 << random.int(8)
      return copy
    },
  ],
  [
    'header',
    (bytes, random) => {
      const copy = Buffer.from(bytes)
      const values = [0, 0xff, 0x7f, 0x80, random.int(256)]
      for (let i = 0; i <= random.int(6); i++)
        copy[4 + random.int(Math.max(1, Math.min(200, copy.length - 4)))] = values[random.int(values.length)]!
      return copy
    },
  ],
  [
    'sizes',
    (bytes, random) => {
      const copy = Buffer.from(bytes)
      const where = random.int(Math.max(1, Math.min(300, copy.length - 4)))
      const value = [0, 0xffffffff, 0x7fffffff, 30_000, 65_536, 0x10000001][random.int(6)]!
      if (copy.length > 8) copy[random.int(2) ? 'writeUInt32BE' : 'writeUInt32LE'](value, where)
      return copy
    },
  ],
  [
    'splice',
    (bytes, random, other) =>
      Buffer.concat([bytes.subarray(0, at(bytes, random)), other.subarray(at(other, random), other.length)]),
  ],
  [
    'repeat',
    (bytes, random) => {
      const from = at(bytes, random)
      const part = bytes.subarray(from, from + random.int(400))
      return Buffer.concat([
        bytes.subarray(0, from),
        ...new Array<Buffer>(1 + random.int(40)).fill(part),
        bytes.subarray(from),
      ])
    },
  ],
  [
    'hole',
    (bytes, random) => {
      const from = at(bytes, random)
      return Buffer.concat([
        bytes.subarray(0, from),
        bytes.subarray(Math.min(bytes.length, from + 1 + random.int(200))),
      ])
    },
  ],
  ['zeros', (bytes, random) => Buffer.from(bytes).fill(0, at(bytes, random))],
  [
    'noise after magic',
    (bytes, random) => Buffer.concat([bytes.subarray(0, 16), noise(random.int(4000), random.int(1e6))]),
  ],
]

export const strangeNames = [
  'wrong.png',
  'wrong.svg',
  'wrong.exe',
  'no-ending',
  '.hidden',
  '..',
  '../../../etc/passwd',
  'C:\\windows\\system32\\x.jpg',
  'line\nbreak.jpg',
  'carriage\rreturn.jpg',
  'nul\0byte.jpg',
  '"quoted".jpg',
  "it's.jpg",
  'semi;colon.jpg',
  '=1+1.jpg',
  "=cmd|' /C calc'!A0.jpg",
  '<script>alert(1)</script>.jpg',
  '%2e%2e%2f.jpg',
  '{{7*7}}.jpg',
  '__proto__',
  'constructor',
  'é ü 漢字.jpg',
  '🌭'.repeat(60),
  '\u202egpj.exe',
  '\ufeffbom.jpg',
  ' '.repeat(30),
  'a'.repeat(300),
  'a/b/c/d.jpg',
  '--option.jpg',
  'CON',
]
