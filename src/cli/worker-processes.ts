/**
 * Worker processes as children: started, started again when they die (further and further apart), stopped gently.
 * They hang on an IPC channel, so they end when we die, however that happens.
 */
import { type ChildProcess, execFile, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type ErrorCode, OneclassError } from '../errors.ts'
import { childEnvironment, type LogLevel, withoutStoreSecrets } from '../system/config.ts'
import type { Log } from '../system/log.ts'

export interface WorkerProcesses {
  /** Resolves when every worker is ready for jobs; rejects with a `OneclassError` when one cannot start at all. */
  readonly ready: Promise<void>
  pids(): number[]
  /** SIGTERM, and after `ms` SIGKILL. */
  stop(ms: number): Promise<void>
}

export interface WorkerProcessOptions {
  readonly count: number
  /** Cores of each. */
  readonly concurrency: number
  /**
   * The CPU that each worker is held to, where there is one: its threads hand pixels and tensors to each other, and whatever wakes
   * up on another core finds its cache cold. Needs `taskset` (Linux); without it workers go where the system puts them.
   */
  readonly holdTo?: readonly number[]
  readonly redisUrl: string
  readonly home: string
  readonly log: Log
  /** Level of the workers' own logs. Default: as for this process. */
  readonly logLevel?: LogLevel
}

const program = fileURLToPath(new URL('../../workers/main.js', import.meta.url))

/**
 * glibc gives threads arenas of their own, and pixels and tensors that go from thread to thread leave each of them with holes:
 * after 60 fits a worker had 510 MiB and rose, with two arenas 250 and stayed there (docs/operations.md). Others ignore it.
 */
const allocator = { MALLOC_ARENA_MAX: '2' }

const doesNotStart = (how: string | number | null) =>
  new OneclassError('INTERNAL', `The worker does not start (${how}); the lines above say why.`)

export function startWorkerProcesses(options: WorkerProcessOptions): WorkerProcesses {
  const children = new Set<ChildProcess>()
  const timers = new Set<NodeJS.Timeout>()
  let isStopping = false

  // The address may hold a password: by environment, since everybody can read a command line.
  const env = childEnvironment(
    {
      ...withoutStoreSecrets,
      REDIS_URL: options.redisUrl,
      ONECLASS_HOME: options.home,
      ...(options.logLevel === undefined ? {} : { ONECLASS_LOG: options.logLevel }),
      ONECLASS_CONCURRENCY: String(options.concurrency),
      UV_THREADPOOL_SIZE: String(Math.max(4, options.concurrency + 2)),
    },
    allocator,
  )

  const hold = (pid: number | undefined, cpu: number | undefined): void => {
    if (pid === undefined || cpu === undefined) return
    execFile('taskset', ['--all-tasks', '--cpu-list', '--pid', String(cpu), String(pid)], (error) => {
      if (error) options.log('debug', 'worker not held to a core', { pid, cpu })
    })
  }

  const start = (index: number, failures: number, onReady: () => void, onFail: (error: Error) => void): void => {
    const child = fork(program, [], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: true })
    const born = performance.now()
    let isReady = false
    children.add(child)
    let reason: OneclassError | undefined
    child.on('message', (message: { failed?: { code: ErrorCode; message: string } }) => {
      const { failed } = message
      if (failed !== undefined) {
        reason = new OneclassError(failed.code, failed.message)
        return
      }
      isReady = true
      hold(child.pid, options.holdTo?.[index])
      onReady()
    })
    child.once('error', onFail)
    child.once('exit', (code, signal) => {
      children.delete(child)
      if (isStopping) return
      if (!isReady && failures >= 2) onFail(reason ?? doesNotStart(signal ?? code))
      const next = performance.now() - born > 60_000 ? 0 : failures + 1
      options.log('warn', 'worker ended, another is started', { pid: child.pid, code, signal })
      const timer = setTimeout(
        () => {
          timers.delete(timer)
          if (!isStopping) start(index, next, onReady, onFail)
        },
        Math.min(250 * 2 ** next, 15_000),
      )
      timers.add(timer)
    })
  }

  const ready = Promise.all(
    Array.from(
      { length: options.count },
      (_, index) => new Promise<void>((resolve, reject) => start(index, 0, resolve, reject)),
    ),
  ).then(() => {})
  ready.catch(() => {})

  return {
    ready,
    pids: () => [...children].flatMap(({ pid }) => pid ?? []),
    async stop(ms) {
      isStopping = true
      for (const timer of timers) clearTimeout(timer)
      const ended = [...children].map((child) => new Promise<void>((resolve) => child.once('exit', () => resolve())))
      for (const child of children) child.kill('SIGTERM')
      const kill = setTimeout(() => {
        for (const child of children) child.kill('SIGKILL')
      }, ms)
      await Promise.all(ended)
      clearTimeout(kill)
    },
  }
}
