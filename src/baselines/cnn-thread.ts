/** Entry point of a training thread: one `CnnTask` in as workerData, `CnnMessage`s out. */
import { parentPort, workerData } from 'node:worker_threads'
import { toOneclassError } from '../errors.ts'
import type { CnnMessage, CnnTask } from './cnn-task.ts'
import { trainCnn } from './train.ts'

const task = workerData as CnnTask
const send = (message: CnnMessage) => parentPort?.postMessage(message)

try {
  const result = await trainCnn(task, (record) => send({ kind: 'epoch', record, epochs: task.epochs }))
  send({ kind: 'done', result })
} catch (error) {
  send({ kind: 'failed', error: toOneclassError(error).toJSON() })
}
