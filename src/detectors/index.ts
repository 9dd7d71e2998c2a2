/** The registry of detectors: the contract test, the command line and the report run over it. */
import { isolationForest } from './isolation-forest.ts'
import { mahalanobis } from './mahalanobis.ts'
import { nearestNeighbour } from './nearest-neighbour.ts'
import { oneClassSvm } from './one-class-svm.ts'

export const detectors = {
  [isolationForest.key]: isolationForest,
  [oneClassSvm.key]: oneClassSvm,
  [nearestNeighbour.key]: nearestNeighbour,
  [mahalanobis.key]: mahalanobis,
} as const

export { isolationForest, mahalanobis, nearestNeighbour, oneClassSvm }
