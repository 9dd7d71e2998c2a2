/** `oneclass serve` as a process of its own, as people run it, with its children in sight. Linux: it reads /proc. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface ServeProcess {
  readonly address: string
  readonly pid: number
  /** Lines of the log (standard error). */
  readonly log: readonly string[]
  workerPids(): number[]
  /** Undefined where Redis is not its child. */
  redisPid(): number | undefined
  /** Resolves with the exit status. */
  stop(): Promise<number | null>
}

export interface ServeProcessOptions {
  readonly home: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** The build to run: a folder that holds `dist/`. Default: the one of this file. */
  readonly root?: string
}

const ownRoot = fileURLToPath(new URL('../../../', import.meta.url))

export async function startServeProcess(options: ServeProcessOptions): Promise<ServeProcess> {
  const root = options.root ?? ownRoot
  const child = spawn(
    process.execPath,
    [`${root}/dist/src/cli/main.js`, 'serve', '--port', '0', '--home', options.home, ...(options.args ?? [])],
    { env: { ...process.env, ONECLASS_LOG: 'info', ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const log: string[] = []
  lines(child.stderr!, (line) => log.push(line))
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const address = await new Promise<string>((resolve, reject) => {
    lines(child.stdout!, (line) => {
      const found = /serves at (\S+)/.exec(line)?.[1]
      if (found !== undefined) resolve(found)
    })
    void ended.then((code) => reject(new Error(`serve ended (${code}): ${log.slice(-5).join('\n')}`)))
  })
  return {
    address,
    pid: child.pid!,
    log,
    workerPids: () => childrenOf(child).filter((pid) => commandOf(pid).includes('workers/main.js')),
    redisPid() {
      for (const shell of childrenOf(child)) {
        const server = childrenOf({ pid: shell }).find((pid) => /(redis|valkey)-server/.test(commandOf(pid)))
        if (server !== undefined) return server
      }
      return undefined
    },
    async stop() {
      child.kill('SIGTERM')
      return await ended
    },
  }
}

export interface Memory {
  /** MiB now, and at most so far. */
  readonly now: number
  readonly peak: number
}

/** Undefined when the process is gone. */
export function memoryOf(pid: number): Memory | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const mebi = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 102.4) / 10
    return { now: mebi('VmRSS'), peak: mebi('VmHWM') }
  } catch {
    return undefined
  }
}

function childrenOf({ pid }: { pid?: number | undefined } | ChildProcess): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => {
      try {
        // the command in parentheses may hold anything: fields are counted from its end
        const stat = readFileSync(`/proc/${candidate}/stat`, 'utf8')
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid
      } catch {
        return false
      }
    })
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

function lines(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const found = (rest + chunk).split('\n')
    rest = found.pop() ?? ''
    for (const line of found) take(line)
  })
}
