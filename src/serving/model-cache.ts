/**
 * Fitted models by the hash of their bytes: fetched from Redis once, then kept, the least recently used leaving first. They are bounded
 * by their bytes: a hundred small ones, which one image may be asked of, stay together.
 */
import { OneclassError } from '../errors.ts'
import { type Classifier, createClassifier } from '../pipeline/classify.ts'
import { mapsFor, targetFor } from '../pipeline/model-backbone.ts'
import type { BlobStore } from '../queue/blobs.ts'
import { UnreadableHere } from '../queue/formats.ts'
import { lifetimes, type ModelUse } from '../queue/jobs.ts'
import { type Artifact, artifactFormat, decodeArtifact, readableFormats } from '../store/artifact.ts'
import type { Inference, RemoteBackbone } from './inference.ts'

export interface ReadyModel {
  /** Of the file, about what it takes in memory. */
  readonly bytes: number
  /** Held-out scores that its p-values count among. */
  readonly calibrationScores: number
  readonly artifact: Artifact
  readonly classifier: Classifier
  readonly backbone: RemoteBackbone
}

export interface ModelCache {
  get(model: ModelUse): Promise<ReadyModel>
}

/** Models that are kept however large they are. */
const fewest = 8
const defaultCapacity = 512 * 1024 ** 2

/**
 * The bytes of a model, which stays in Redis for longer then.
 * @throws REDIS_UNAVAILABLE where it is no longer there; UnreadableHere where it is of a later build than this worker
 */
export async function fetchModel(blobs: BlobStore, { sha256, label }: ModelUse): Promise<Buffer> {
  const bytes = await blobs.getModel(sha256)
  if (bytes === undefined) throw new OneclassError('REDIS_UNAVAILABLE', `The model ${label} is no longer in Redis.`)
  await blobs.touchModel(sha256, lifetimes.model)
  const needed = artifactFormat(bytes)
  if (needed !== undefined && !readableFormats.includes(needed)) throw new UnreadableHere(label, needed)
  return bytes
}

/** @param capacity bytes of all models together, where there are more than a few */
export function createModelCache(blobs: BlobStore, inference: Inference, capacity = defaultCapacity): ModelCache {
  const models = new Map<string, Promise<ReadyModel>>()
  /** Of those that are loaded. */
  const sizes = new Map<string, number>()

  const shrink = (): void => {
    let total = 0
    for (const size of sizes.values()) total += size
    for (const oldest of models.keys()) {
      if (total <= capacity || models.size <= fewest) break
      total -= sizes.get(oldest) ?? 0
      models.delete(oldest)
      sizes.delete(oldest)
    }
  }

  const load = async (model: ModelUse): Promise<ReadyModel> => {
    const bytes = await fetchModel(blobs, model)
    const artifact = decodeArtifact(bytes)
    if (!artifact.backbone) {
      throw new OneclassError(
        'MODEL_INCOMPATIBLE',
        `The model ${model.label} was fitted on features and cannot take images.`,
      )
    }
    const { id, hash } = artifact.backbone
    const backbone = await inference.open({ id, hash }, model.label)
    const target = targetFor(artifact, backbone.target)
    const classifier = createClassifier(artifact, { model: model.label })
    const calibrationScores = artifact.ensemble.calibration.heldOut.ensemble.length
    const { needsMaps: withMaps } = classifier
    const maps = mapsFor(artifact, backbone.maps)
    return {
      bytes: bytes.length,
      calibrationScores,
      artifact,
      classifier,
      backbone: { ...backbone, target, withMaps, maps },
    }
  }

  return {
    get(model) {
      // the label too: results carry it, and two names may share their bytes
      const key = `${model.sha256} ${model.label}`
      const known = models.get(key)
      const found = known ?? load(model)
      models.delete(key)
      models.set(key, found)
      if (known === undefined)
        found.then(
          ({ bytes }) => {
            if (models.get(key) === found) sizes.set(key, bytes)
            shrink()
          },
          () => models.delete(key),
        )
      return found
    },
  }
}
