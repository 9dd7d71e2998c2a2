/** Entry point of a training thread. */
import { answerCalls } from '../system/thread-call.ts'
import type { CnnCalls } from './cnn-task.ts'
import { trainCnn } from './train.ts'

answerCalls<CnnCalls>({
  train: async (task, { report }) => await trainCnn(task, report),
})
