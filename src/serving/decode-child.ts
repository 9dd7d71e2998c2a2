/** One decode process as its parent sees it: asked one image at a time, watched, killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { DecodeAnswer, DecodeQuestion } from '../images/decode-process.ts'
import { type Frame, readFrames, writeFrame } from '../system/frames.ts'

export interface DecodeChild {
  /** Resolves when it can be asked; rejects when it ended before. */
  readonly ready: Promise<void>
  /** Rejects when the process dies before it answers. One at a time. */
  ask(question: DecodeQuestion, bytes: Uint8Array): Promise<Frame<DecodeAnswer>>
  /** CPU seconds since its start and MiB of resident memory; undefined where the system does not say (Linux does). */
  usage(): { readonly cpuSeconds: number; readonly mebibytes: number } | undefined
  /** Gives other work the right of way from here on. */
  yieldCpu(): void
  kill(): void
  readonly isDead: boolean
}

const program = fileURLToPath(new URL('../images/decode-process.js', import.meta.url))
const maxAnswer = 2 ** 30

/** @param maxDataMebibytes of private memory, a limit that the system keeps */
export function startDecodeChild(maxDataMebibytes: number, onEnd: () => void): DecodeChild {
  const child = spawnLimited(maxDataMebibytes)
  const channel = child.stdio[3] as Duplex
  let waiting: { resolve(frame: Frame<DecodeAnswer>): void; reject(error: Error): void } | undefined
  let isDead = false

  let settle: { resolve(): void; reject(error: Error): void }
  const ready = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject }
  })
  ready.catch(() => {})
  const end = (why: string): void => {
    if (isDead) return
    isDead = true
    const error = new Error(`a decode process ended (${why})`)
    settle.reject(error)
    waiting?.reject(error)
    waiting = undefined
    channel.destroy()
    onEnd()
  }
  channel.on('error', () => child.kill('SIGKILL'))
  child.on('error', (error) => end(error.message))
  child.on('exit', (code, signal) => end(String(signal ?? code)))
  readFrames<DecodeAnswer | { ready: true }>(channel, maxAnswer, (frame) => {
    if ('ready' in frame.header) return settle.resolve()
    waiting?.resolve(frame as Frame<DecodeAnswer>)
    waiting = undefined
  })

  return {
    ready,
    ask: (question, bytes) =>
      new Promise((resolve, reject) => {
        if (isDead) return reject(new Error('a decode process ended'))
        waiting = { resolve, reject }
        writeFrame(channel, question, [bytes])
      }),
    usage: () => (child.pid === undefined || isDead ? undefined : readUsage(child.pid)),
    yieldCpu() {
      try {
        for (const thread of threadsOf(child.pid ?? 0)) setPriority(thread, lowPriority)
      } catch {
        // it has just ended
      }
    },
    kill() {
      child.kill('SIGKILL')
    },
    get isDead() {
      return isDead
    },
  }
}

function spawnLimited(maxDataMebibytes: number): ChildProcess {
  const options = ['--v8-pool-size=1', '--max-old-space-size=128', program]
  // what strangers' images could reach has no address, key or password in its environment
  const env = { PATH: '/usr/bin:/bin', UV_THREADPOOL_SIZE: '2', MALLOC_ARENA_MAX: '2' }
  const stdio = ['ignore', 'ignore', 'inherit', 'pipe'] as const
  if (process.platform === 'win32') return spawn(process.execPath, options, { env, stdio: [...stdio] })
  const limited = `ulimit -c 0; ulimit -d ${Math.ceil(maxDataMebibytes) * 1024} 2>/dev/null; exec "$@"`
  return spawn('/bin/sh', ['-c', limited, 'sh', process.execPath, ...options], { env, stdio: [...stdio] })
}

/**
 * On Linux each thread has a priority of its own, and the one of a process is that of its first thread, which does not decode. Threads
 * that are begun later have the priority of the one that begins them.
 */
function threadsOf(pid: number): number[] {
  return process.platform === 'linux' ? readdirSync(`/proc/${pid}/task`).map(Number) : [pid]
}

/** A third of the CPU time that other work gets: a large photo of an honest caller goes this way too. */
const lowPriority = 5

const ticksPerSecond = 100
const pageMebibytes = 4096 / 2 ** 20

function readUsage(pid: number): { cpuSeconds: number; mebibytes: number } | undefined {
  try {
    // the name, in parentheses, may hold spaces
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ')
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
      mebibytes: Number(fields[21]) * pageMebibytes,
    }
  } catch {
    return undefined
  }
}
