/** The other side of `fit-threads.ts`. */
import { resumeRandom } from '../core/random.ts'
import { type FoldWork, foldWork } from '../detectors/fold-work.ts'
import { trainOnRows } from '../detectors/kernel-svm.ts'
import { prepareMembers } from '../detectors/members.ts'
import { present } from '../errors.ts'
import { answerCalls } from '../system/thread-call.ts'
import type { DetectorCalls } from './fit-threads.ts'

let opened: FoldWork | undefined
const folds = () => present(opened, 'opened folds')

answerCalls<DetectorCalls>({
  async openFolds({ X, folds, random }) {
    opened = foldWork(X, folds, resumeRandom(random))
    return null
  },
  whitenPair: ({ i, j }) => folds().whitenPair(i, j),
  scoreFold: ({ i, inside, lengths }) => folds().scoreFold(i, inside, lengths),
  prepare: ({ train, folds, random }) => prepareMembers(train, folds, resumeRandom(random)),
  train: ({ X, options }) => trainOnRows(X, options),
})
