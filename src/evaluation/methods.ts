/** The registry of the report's rows, in the order of the story: the question, its answers, ours. */
import { OneclassError } from '../errors.ts'
import { didYouMean } from '../system/suggest.ts'
import { type MethodKey, methodKeys } from '../wire/comparison.ts'
import * as detector from './detector-methods.ts'
import type { Method } from './method.ts'
import * as network from './network-methods.ts'

const byKey: Readonly<Record<MethodKey, Method>> = {
  'naive-cnn': network.naiveCnn,
  'binary-cnn': network.binaryCnn,
  'transfer-binary': network.transferBinary,
  'isolation-forest': detector.isolationForest,
  'isolation-forest-npm': detector.isolationForestNpm,
  'one-class-svm': detector.oneClassSvm,
  'deep-one-class': network.deepOneClass,
  'distance-net': network.distanceNet,
  'nearest-neighbour': detector.nearestNeighbour,
  mahalanobis: detector.mahalanobis,
  ensemble: detector.ensemble,
}
export const methods: readonly Method[] = methodKeys.map((key) => byKey[key])

/** @throws INVALID_ARGUMENT naming the keys there are */
export function selectMethods(keys: readonly string[] | undefined): readonly Method[] {
  if (keys === undefined || keys.length === 0) return methods
  const unknown = keys.find((key) => !methods.some((method) => method.key === key))
  if (unknown !== undefined) {
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `Expected methods among ${methodKeys.join(', ')} but received "${unknown}".${didYouMean(unknown, methodKeys)}`,
    )
  }
  return methods.filter(({ key }) => keys.includes(key))
}
