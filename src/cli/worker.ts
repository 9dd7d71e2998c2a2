/** `oneclass worker`: one more worker process, on this machine or another, that needs nothing but the address of Redis. */
import { OneclassError } from '../errors.ts'
import { assertAccess, startOn } from '../queue/reach.ts'
import { withoutPassword } from '../queue/redis-address.ts'
import { readConfig } from '../system/config.ts'
import { usableCpus } from '../system/cpus.ts'
import { createLog } from '../system/log.ts'
import { type Command, deviceOption } from './command.ts'
import { openHealthFile } from './health-file.ts'
import { number, text } from './values.ts'
import { startWorkerProcesses } from './worker-processes.ts'

const drainMs = 30_000
/** Until the wait for Redis is worth a word. */
const patienceMs = 3000

export const worker: Command = {
  name: 'worker',
  endsGently: true,
  summary: 'Add a worker to a service, over Redis',
  usage: 'worker [--redis URL] [--concurrency N]',
  options: {
    redis: { type: 'string', value: 'URL', description: 'Redis of the service (default REDIS_URL)' },
    concurrency: {
      type: 'string',
      value: 'N',
      description: 'cores to use (default: what the machine or its cgroup grants)',
    },
    ...deviceOption,
  },

  async run({ values, positionals, io }) {
    const config = readConfig()
    const redisUrl = text(values, 'redis') ?? config.redisUrl
    if (redisUrl === undefined || positionals.length > 0) {
      throw new OneclassError(
        'INVALID_ARGUMENT',
        'Expected --redis URL (or REDIS_URL): the Redis that "oneclass serve --redis URL" uses too.',
      )
    }
    const concurrency = number(values, 'concurrency', 'whole') ?? config.concurrency ?? usableCpus()
    if (concurrency < 1) throw new OneclassError('INVALID_ARGUMENT', 'Expected --concurrency to be 1 or more.')
    const ended = new Promise<void>((resolve) => {
      if (io.signal.aborted) resolve()
      io.signal.addEventListener('abort', () => resolve())
    })
    const health = await openHealthFile(config.healthFile)
    const address = withoutPassword(redisUrl)
    // a worker waits for its Redis, however long, but not without a word; what waiting cannot mend ends it before a process is started
    let patience = performance.now() + patienceMs
    const onWait = (why: string): void => {
      if (performance.now() < patience || io.signal.aborted) return
      patience = Number.POSITIVE_INFINITY
      io.err(`Waiting for Redis at ${address}, which ${why} (Ctrl-C ends this).`)
    }
    const access = assertAccess(redisUrl, Number.POSITIVE_INFINITY, { onWait, signal: io.signal })
    access.catch(() => {}) // where it is ended first
    await Promise.race([access, ended])
    if (io.signal.aborted) {
      setTimeout(() => process.exit(0), 1000).unref() // timers of commands that had no answer would keep it
      return 0
    }
    const log = createLog(config.logLevel, { part: 'worker', pid: process.pid })
    const workers = startWorkerProcesses({ count: 1, concurrency, redisUrl, home: io.home, log })
    try {
      await Promise.race([startOn(redisUrl, workers.ready), ended])
      if (!io.signal.aborted) {
        await health.ready()
        io.err(
          `A worker with ${concurrency} ${concurrency === 1 ? 'core' : 'cores'} serves ${address} (Ctrl-C ends it gently).`,
        )
      }
      await ended
      return 0
    } finally {
      await health.close()
      await workers.stop(drainMs)
    }
  },
}
