/** The registry of the report's rows, in the order of the story: the question, its answers, ours. */
import { OneclassError } from '../errors.ts'
import * as detector from './detector-methods.ts'
import type { Method } from './method.ts'
import * as network from './network-methods.ts'

export const methods: readonly Method[] = [
  network.naiveCnn,
  network.binaryCnn,
  network.transferBinary,
  detector.isolationForest,
  detector.isolationForestNpm,
  detector.oneClassSvm,
  network.deepOneClass,
  network.distanceNet,
  detector.nearestNeighbour,
  detector.mahalanobis,
  detector.ensemble,
]

/** @throws INVALID_ARGUMENT naming the keys there are */
export function selectMethods(keys: readonly string[] | undefined): readonly Method[] {
  if (keys === undefined || keys.length === 0) return methods
  const unknown = keys.find((key) => !methods.some((method) => method.key === key))
  if (unknown !== undefined) {
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `Expected methods among ${methods.map(({ key }) => key).join(', ')} but received "${unknown}".`,
    )
  }
  return methods.filter(({ key }) => keys.includes(key))
}
