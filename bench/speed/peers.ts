/** Programs that ours is measured against, as child processes; each says why where it cannot run. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)
const scripts = new URL('../../../bench/peers/', import.meta.url)
/** Debian's, which has the packages `python3-sklearn`, `python3-torch` and `python3-torchvision`. */
const python = '/usr/bin/python3'

/** Runs a Python peer with the numbers of threads given. @returns what it printed, read as JSON */
export async function pythonPeer<T>(script: string, args: readonly string[], threads: number): Promise<T> {
  const file = new URL(script, scripts).pathname
  const env = { ...process.env, OMP_NUM_THREADS: String(threads), OPENBLAS_NUM_THREADS: String(threads) }
  const { stdout } = await run(python, [file, ...args], { env, maxBuffer: 1 << 24 })
  return JSON.parse(stdout) as T
}

/** Whether Debian's Python has these modules. */
export async function hasModules(...modules: readonly string[]): Promise<boolean> {
  if (!existsSync(python)) return false
  return await run(python, ['-c', `import ${modules.join(', ')}`]).then(
    () => true,
    () => false,
  )
}

/** The npm package `isolation-forest`, which has no types of its own that fit. */
export async function npmForest(): Promise<(new (trees: number, subsample: number) => NpmForest) | undefined> {
  const name: string = 'isolation-forest'
  const module = (await import(name).catch(() => undefined)) as
    | { IsolationForest: new (trees: number, subsample: number) => NpmForest }
    | undefined
  return module?.IsolationForest
}

export interface NpmForest {
  fit(rows: readonly Record<string, number>[]): unknown
  predict(rows: readonly Record<string, number>[]): number[]
}
