/**
 * Decodes every file of a folder and, where Python has Pillow, the same with Pillow; lists where the two disagree.
 *
 *   node dist/bench/corpus.js DIR [--json]
 *
 * Files are taken by content, as the product takes folders. What is compared is the upright picture on white, decoded at its own size, as
 * the mean colours of a grid: decoders differ in rounding and in how they make colours of JPEG finer, so up to 8 grey levels on average
 * count as the same.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { toOneclassError } from '../src/errors.ts'
import { collect } from '../src/images/collect.ts'
import { decodeImage } from '../src/images/decode.ts'
import { describeSkipped, printable } from '../src/images/left-out.ts'
import { imageLimits } from '../src/images/limits.ts'
import type { Pixels } from '../src/images/pixels.ts'
import type { FileSource } from '../src/images/source.ts'

const side = 64
const sameUpTo = 8

interface Decoded {
  readonly width: number
  readonly height: number
  /** side x side x 3. */
  readonly pixels: Uint8Array
}
type Outcome = Decoded | { readonly error: string }

export interface Compared {
  readonly image: string
  readonly kind: 'same' | 'other pixels' | 'other size' | 'only ours' | 'only theirs' | 'neither'
  /** Mean absolute difference, grey levels; null where one has no pixels. */
  readonly difference: number | null
  readonly said: string
}

export function judge(image: string, ours: Outcome, theirs: Outcome): Compared {
  const said = [ours, theirs].flatMap((outcome) => ('error' in outcome ? outcome.error : [])).join(' / ')
  if ('error' in ours || 'error' in theirs) {
    const kind = !('error' in ours) ? 'only ours' : !('error' in theirs) ? 'only theirs' : 'neither'
    return { image, kind, difference: null, said }
  }
  const sum = ours.pixels.reduce((total, value, i) => total + Math.abs(value - theirs.pixels[i]!), 0)
  const difference = sum / ours.pixels.length
  if (ours.width !== theirs.width || ours.height !== theirs.height) {
    const sizes = `${ours.width} x ${ours.height} / ${theirs.width} x ${theirs.height}`
    return { image, kind: 'other size', difference, said: sizes }
  }
  return { image, kind: difference <= sameUpTo ? 'same' : 'other pixels', difference, said }
}

/** Mean colours of the cells of a grid, side x side: of whole pixels, as the filter BOX of Pillow takes them. */
export function meansOf({ data, width, height }: Pixels): Uint8Array {
  const means = new Uint8Array(side * side * 3)
  for (let row = 0; row < side; row++) {
    const [top, bottom] = cellOf(row, height)
    for (let column = 0; column < side; column++) {
      const [left, right] = cellOf(column, width)
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0
        for (let y = top; y < bottom; y++)
          for (let x = left; x < right; x++) sum += data[(y * width + x) * 3 + channel]!
        means[(row * side + column) * 3 + channel] = Math.round(sum / ((bottom - top) * (right - left)))
      }
    }
  }
  return means
}

/** The first pixel of a cell and the one after its last, along a side of `length` pixels. */
function cellOf(cell: number, length: number): [from: number, to: number] {
  const size = length / side
  const half = Math.max(1, size) / 2
  const middle = (cell + 0.5) * size
  return [Math.max(0, Math.floor(middle - half + 0.5)), Math.min(length, Math.floor(middle + half + 0.5))]
}

async function decodeHere(source: FileSource): Promise<Outcome> {
  try {
    const { maxSide } = imageLimits
    const image = await decodeImage(source, { width: maxSide, height: maxSide, resize: 'inside' }) // in its own size
    return { width: image.width, height: image.height, pixels: meansOf(image) }
  } catch (error) {
    const { code, message } = toOneclassError(error)
    return { error: `${code}: ${message}` }
  }
}

/** One process for all files, asked one after the other. @returns undefined where no Python here has Pillow */
async function openPillow(): Promise<{ decode(path: string): Promise<Outcome>; end(): void } | undefined> {
  const script = fileURLToPath(new URL('../../bench/peers/pillow.py', import.meta.url))
  for (const python of ['python3', '/usr/bin/python3']) {
    const child = spawn(python, [script, String(side)])
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    child.on('error', () => {})
    child.stdin.on('error', () => {})
    const first = await ask(child, answers, '/')
    if (first === undefined) continue
    return {
      decode: async (path) => (await ask(child, answers, path)) ?? { error: 'Pillow ended' },
      end: () => child.stdin.end(),
    }
  }
  return undefined
}

async function ask(
  child: ChildProcessWithoutNullStreams,
  answers: AsyncIterator<string>,
  path: string,
): Promise<Outcome | undefined> {
  child.stdin.write(`${JSON.stringify(path)}\n`)
  const { done, value } = await answers.next()
  if (done) return undefined
  const said = JSON.parse(value) as { error?: string; width: number; height: number; pixels: string }
  if (said.error !== undefined) return { error: said.error }
  return { width: said.width, height: said.height, pixels: Buffer.from(said.pixels, 'base64') }
}

/** @throws FOLDER_NOT_FOUND, FOLDER_EMPTY */
export async function compareDecoders(folder: string, onResult: (compared: Compared) => void): Promise<boolean> {
  const { images, failed, skipped } = await collect(folder)
  const pillow = await openPillow()
  for (const { image, error } of failed) onResult({ image, kind: 'neither', difference: null, said: error.message })
  for (const source of images) {
    const [ours, theirs] = await Promise.all([decodeHere(source), pillow?.decode(source.path)])
    if (theirs) onResult(judge(source.name, ours, theirs))
    else if ('error' in ours) onResult({ image: source.name, kind: 'neither', difference: null, said: ours.error })
    else onResult({ image: source.name, kind: 'same', difference: null, said: '' })
  }
  pillow?.end()
  const left = describeSkipped(skipped)
  if (left) console.error(`note: ${left}`)
  return pillow !== undefined
}

const [folder, ...more] = process.argv.slice(2)
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (folder === undefined) throw new Error('Expected a folder: node dist/bench/corpus.js DIR [--json]')
  const counts = new Map<string, number>()
  const isCompared = await compareDecoders(folder, (compared) => {
    counts.set(compared.kind, (counts.get(compared.kind) ?? 0) + 1)
    if (more.includes('--json')) console.log(JSON.stringify(compared))
    else if (compared.kind !== 'same') {
      const by = compared.difference === null ? '' : ` by ${compared.difference.toFixed(1)}`
      console.log(`${printable(compared.image)}: ${compared.kind}${by}: ${printable(compared.said)}`)
    }
  })
  const parts = [...counts].map(([kind, count]) => `${count} ${kind}`)
  console.log(`${parts.join(', ')}${isCompared ? '' : ' (decoded here only: no Python with Pillow was found)'}`)
}
