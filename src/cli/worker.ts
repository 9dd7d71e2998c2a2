/** `oneclass worker`: one more worker process, on this machine or another, that needs nothing but the address of Redis. */
import { OneclassError } from '../errors.ts'
import { withoutPassword } from '../queue/connection.ts'
import { readConfig } from '../system/config.ts'
import { usableCpus } from '../system/cpus.ts'
import { createLog } from '../system/log.ts'
import { type Command, deviceOption } from './command.ts'
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
    const log = createLog(config.logLevel, { part: 'worker', pid: process.pid })
    const workers = startWorkerProcesses({ count: 1, concurrency, redisUrl, home: io.home, log })
    const ended = new Promise<void>((resolve) => {
      if (io.signal.aborted) resolve()
      io.signal.addEventListener('abort', () => resolve())
    })
    // a worker waits for its Redis, however long, but not without a word
    const patience = setTimeout(() => {
      io.err(`Waiting for Redis at ${withoutPassword(redisUrl)}, which does not answer yet (Ctrl-C ends this).`)
    }, patienceMs)
    try {
      await Promise.race([workers.ready, ended])
      clearTimeout(patience)
      if (!io.signal.aborted) {
        io.err(
          `A worker with ${concurrency} ${concurrency === 1 ? 'core' : 'cores'} serves ${withoutPassword(redisUrl)} (Ctrl-C ends it gently).`,
        )
      }
      await ended
      return 0
    } catch (error) {
      throw new OneclassError(
        'REDIS_UNAVAILABLE',
        `The worker does not start: ${(error as Error).message}; the lines above say why.`,
        { cause: error },
      )
    } finally {
      clearTimeout(patience)
      await workers.stop(drainMs)
    }
  },
}
