/** The command line as its user meets it: a process, what it prints, its exit status. */
import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRandom } from '../../src/core/random.ts'
import { type Defect, renderOther, renderPart } from '../../src/images/demo-images.ts'
import { encodeImage } from '../../src/images/encode.ts'
import type { Pixels } from '../../src/images/pixels.ts'

export const program = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

// biome-ignore lint/suspicious/noExplicitAny: what a program prints, checked field by field
export type Json = Record<string, any>
export const json = (text: string) => JSON.parse(text) as Json
export const lines = (text: string) => text.split('\n').filter((line) => line !== '')

export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly cwd: string
  readonly home: string
  readonly input?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
  /** Called with each piece of standard error, and with a way to signal the process. */
  readonly onErr?: (text: string, kill: (signal: NodeJS.Signals) => void) => void
  /** Who runs it; default: this user. */
  readonly uid?: number
}

export function runCommand(args: readonly string[], options: RunOptions): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: options.cwd,
      env: { ...process.env, ONECLASS_HOME: options.home, ...options.env },
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    })
    let [out, err] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      err += chunk
      options.onErr?.(err, (signal) => child.kill(signal))
    })
    child.once('error', reject)
    child.on('close', (status, signal) => resolve({ status, signal, out, err }))
    child.stdin.on('error', () => {})
    child.stdin.end(options.input)
  })
}

/** Drawn parts as files `part-000.jpg` and so on. @returns their paths */
export async function drawFolder(folder: string, count: number, seed: number, defect?: Defect): Promise<string[]> {
  return await drawFiles(folder, 'part', count, seed, (random) => renderPart(random, defect))
}

/** Other things as files `other-000.jpg` and so on. */
export async function drawOthers(folder: string, count: number, seed: number): Promise<string[]> {
  return await drawFiles(folder, 'other', count, seed, renderOther)
}

async function drawFiles(
  folder: string,
  name: string,
  count: number,
  seed: number,
  render: (random: ReturnType<typeof createRandom>) => Pixels,
): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const random = createRandom(seed)
  const paths = Array.from({ length: count }, (_, i) => join(folder, `${name}-${String(i).padStart(3, '0')}.jpg`))
  for (const [i, path] of paths.entries()) {
    await writeFile(path, await encodeImage(render(random.fork(`${name} ${i}`)), 'jpeg', 90))
  }
  return paths
}
