/**
 * A redis-server of our own, for `serve` without `--redis`: on a free loopback port, with an append-only file in
 * `<home>/redis`, never evicting, gone when we are gone.
 *
 * "Gone when we are gone" must hold after SIGKILL too. A watchdog (a shell of a few lines) holds the read end of a pipe
 * whose write end only this process has: at end-of-file, however we died, it stops the server.
 *
 * A password in a file of mode 0600 keeps other users of the machine out: loopback alone would let every account in.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { OneclassError } from '../errors.ts'
import { connect, disconnect } from '../queue/connection.ts'
import { waitForRedis } from '../queue/reach.ts'
import { makeFolder } from '../system/files.ts'
import { configuration, findRedisServer, freePort } from './redis-program.ts'
import { keepRewriting } from './redis-rewrite.ts'

export interface PrivateRedis {
  /** Holds the password: for clients and child processes, never for a log. */
  readonly url: string
  readonly port: number
  /** Process id of the server now; it changes when the server had to be started again. */
  pid(): number
  stop(): Promise<void>
}

export interface PrivateRedisOptions {
  /** Folder of the append-only file; created with mode 0700. One server at a time may use it. */
  readonly folder: string
  /** Where to look for `redis-server`: a PATH. */
  readonly searchPath: string
  readonly maxMemoryMb?: number
  /** Called when the server ended and we did not stop it; it is started again on the same port. */
  readonly onCrash?: (reason: string) => void
}

/** Starts it and waits until it answers. REDIS_NOT_INSTALLED when there is none, REDIS_UNAVAILABLE when it does not start. */
export async function startPrivateRedis(options: PrivateRedisOptions): Promise<PrivateRedis> {
  const program = await findRedisServer(options.searchPath)
  await makeFolder(options.folder, 0o700)
  await chmod(options.folder, 0o700)
  await refuseSecondServer(options.folder)
  const password = randomBytes(24).toString('hex')
  const configFile = join(options.folder, 'redis.conf')
  // The port is free when we look and may be taken when the server binds it: then another is tried.
  for (let attempt = 0; ; attempt++) {
    const port = await freePort()
    await rm(configFile, { force: true })
    await writeFile(configFile, configuration(options.folder, port, password, options.maxMemoryMb ?? 2048), {
      mode: 0o600,
    })
    const url = `redis://:${password}@127.0.0.1:${port}`
    const first = await startServer(program, configFile, url)
    if (typeof first !== 'string') return supervise(first, { program, configFile, url, port }, options)
    if (attempt === 4 || !/in use|Could not create server/i.test(first)) {
      const wayOut = isDamaged(first)
        ? ` Its files in "${options.folder}" are damaged: repair them (redis-check-aof --fix), or move that folder away. Models, keys and reports are not in it; work that waits and results of the last day are.`
        : ''
      throw new OneclassError('REDIS_UNAVAILABLE', `The private redis-server did not start: ${first}.${wayOut}`)
    }
  }
}

/** Does it say so of what it has on the disk? */
function isDamaged(said: string): boolean {
  return /reading the (RDB|append only) |Bad file format|Short read|Unexpected EOF|Internal error in RDB|manifest file format/i.test(
    said,
  )
}

/** Two servers over one append-only file would destroy it. A server whose owner was just killed gets a moment to end. */
async function refuseSecondServer(folder: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const pid = Number(await readFile(join(folder, 'redis.pid'), 'utf8').catch(() => '0'))
    if (!(pid > 1) || !(await isRedis(pid))) return
    if (attempt === 50) {
      throw new OneclassError(
        'CONFLICT',
        `Another redis-server (process ${pid}) uses ${folder}: stop the other "oneclass serve", or give this one another --home.`,
      )
    }
    await sleep(100)
  }
}

/** Process ids are reused, so the name counts too (where /proc tells it). */
async function isRedis(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  try {
    return /(redis|valkey)-server/.test(await readFile(`/proc/${pid}/cmdline`, 'utf8'))
  } catch {
    return true
  }
}

// $1: the server's program, $2: its configuration. Standard input is the pipe that closes when we die.
const watchdog = `
"$1" "$2" < /dev/null &
server=$!
trap 'kill -TERM $server 2>/dev/null' TERM INT HUP
( cat > /dev/null; kill -TERM $server 2>/dev/null ) <&3 &
watcher=$!
exec 3<&-
wait $server
code=$?
while kill -0 $server 2>/dev/null; do wait $server; code=$?; done
kill $watcher 2>/dev/null
exit $code
`

interface Server {
  readonly pid: number
  readonly ended: Promise<string>
  stop(): void
}

/** A ready server, or the last lines that it printed. */
async function startServer(program: string, configFile: string, url: string): Promise<Server | string> {
  // Its own process group: a Ctrl-C at the terminal must stop us first and the server last.
  const child = spawn('/bin/sh', ['-c', watchdog, 'oneclass-redis', program, configFile], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      lines.push(...text.split('\n').filter((line) => line.trim() !== ''))
      if (lines.length > 20) lines.splice(0, lines.length - 20)
    })
  }
  const closePipe = () => (child.stdio[3] as Writable).destroy()
  ;(child.stdio[3] as Writable).on('error', () => {})
  const ended = exitOf(child).then(() => {
    closePipe()
    return lines.slice(-3).join(' | ') || 'it ended without a word'
  })
  const probe = connect(url, 'producer', 'oneclass:probe')
  const outcome = await Promise.race([
    waitForRedis(probe, url, 30_000).then(
      () => 'ready' as const,
      () => 'silent' as const,
    ),
    ended.then(() => 'ended' as const),
  ])
  try {
    if (outcome !== 'ready') {
      closePipe()
      return await ended
    }
    const pid = Number(/process_id:(\d+)/.exec(String(await probe.info('server')))?.[1])
    return { pid, ended, stop: closePipe }
  } finally {
    await disconnect(probe)
  }
}

/** For the last rewrite of the append-only file: a gigabyte takes some seconds. */
const rewriteMs = 10_000

/** Starts a crashed server again, on the port that every client knows. */
function supervise(
  first: Server,
  how: { program: string; configFile: string; url: string; port: number },
  options: PrivateRedisOptions,
): PrivateRedis {
  let server = first
  let stopping = false
  const rewrites = keepRewriting(how.url)
  const watching = (async () => {
    for (;;) {
      const reason = await server.ended
      if (stopping) return
      options.onCrash?.(reason)
      for (;;) {
        await sleep(500)
        if (stopping) return
        const next = await startServer(how.program, how.configFile, how.url)
        if (typeof next !== 'string') {
          server = next
          if (stopping) server.stop()
          break
        }
        options.onCrash?.(next)
      }
    }
  })()
  return {
    url: how.url,
    port: how.port,
    pid: () => server.pid,
    async stop() {
      await rewrites.end(rewriteMs)
      stopping = true
      server.stop()
      await watching
      await rm(how.configFile, { force: true })
    },
  }
}

function exitOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
}
