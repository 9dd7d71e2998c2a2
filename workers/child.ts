/**
 * A process for one long piece of work of a worker: the memory that it took goes back to the system with it, and what ends it (no memory,
 * a fault in a library) ends nothing else. Both sides of it: `runChild` in the worker, `receiveWork` in the process.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { present } from '../src/errors.ts'
import { blockOtherDecoders } from '../src/images/only-accepted.ts'
import { childEnvironment } from '../src/system/config.ts'

/** What the worker may do when a message comes. */
export interface Child<Reply extends object, Result> {
  send(reply: Reply): void
  done(result: Result): void
  fail(error: unknown): void
}

/**
 * Runs `file`, which calls `receiveWork`, until `onMessage` calls `done` or `fail`, the signal is aborted, or it ends. Then it is gone.
 * @param what it is called in messages. Messages are what `structuredClone` takes.
 */
export async function runChild<Message extends object, Reply extends object, Result>(
  { file, what, work, signal }: { file: URL; what: string; work: object; signal: AbortSignal },
  onMessage: (message: Message, child: Child<Reply, Result>) => void,
): Promise<Result> {
  const child = fork(fileURLToPath(file), [], {
    env: childEnvironment({ REDIS_URL: undefined }),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  })
  const stop = () => void child.kill('SIGKILL')
  signal.addEventListener('abort', stop)
  try {
    return await new Promise((resolve, reject) => {
      // what cannot be sent is told by its end
      const send = (message: object) => void (child.connected && child.send(message, () => {}))
      child.on('message', (message: Message) => onMessage(message, { send, done: resolve, fail: reject }))
      child.once('error', reject)
      child.once('exit', (code, by) => reject(new Error(`the ${what} ended (${by ?? code})`)))
      if (signal.aborted) stop()
      send(work)
    })
  } finally {
    signal.removeEventListener('abort', stop)
    stop()
  }
}

/** To the worker that started this process; resolves when it has been handed over. */
export async function tellWorker(message: object): Promise<void> {
  const send = present(process.send, 'the worker that started this process').bind(process)
  await new Promise<void>((resolve) => send(message, undefined, undefined, () => resolve()))
}

/** In the process: it ends with its worker, and with nothing else. */
export async function receiveWork<Work>(): Promise<Work> {
  blockOtherDecoders()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {}) // of a terminal: the worker decides
  process.once('disconnect', () => process.exit(1))
  return await new Promise((resolve) => process.once('message', (work) => resolve(work as Work)))
}
