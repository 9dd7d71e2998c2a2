/** Fitted models by the hash of their bytes: fetched from Redis once, then kept, the least recently used leaving first. */
import { OneclassError } from '../errors.ts'
import { type Classifier, createClassifier } from '../pipeline/classify.ts'
import type { BlobStore } from '../queue/blobs.ts'
import { lifetimes, type ModelUse } from '../queue/jobs.ts'
import { type Artifact, decodeArtifact } from '../store/artifact.ts'
import type { Inference, RemoteBackbone } from './inference.ts'

export interface ReadyModel {
  readonly artifact: Artifact
  readonly classifier: Classifier
  readonly backbone: RemoteBackbone
}

export interface ModelCache {
  get(model: ModelUse): Promise<ReadyModel>
}

export function createModelCache(blobs: BlobStore, inference: Inference, capacity = 8): ModelCache {
  const models = new Map<string, Promise<ReadyModel>>()

  const load = async (model: ModelUse): Promise<ReadyModel> => {
    const bytes = await blobs.getModel(model.sha256)
    if (bytes === undefined) {
      throw new OneclassError('REDIS_UNAVAILABLE', `The model ${model.label} is no longer in Redis.`)
    }
    await blobs.touchModel(model.sha256, lifetimes.model)
    const artifact = decodeArtifact(bytes)
    if (!artifact.backbone) {
      throw new OneclassError(
        'MODEL_INCOMPATIBLE',
        `The model ${model.label} was fitted on features and cannot take images.`,
      )
    }
    const { id, hash } = artifact.backbone
    const backbone = await inference.open({ id, hash })
    const { range } = artifact
    return {
      artifact,
      classifier: createClassifier(artifact, { model: model.label }),
      backbone: range ? { ...backbone, target: { ...backbone.target, range } } : backbone,
    }
  }

  return {
    get(model) {
      // the label too: results carry it, and two names may share their bytes
      const key = `${model.sha256} ${model.label}`
      const found = models.get(key) ?? load(model)
      models.delete(key)
      models.set(key, found)
      found.catch(() => models.delete(key))
      for (const oldest of models.keys()) {
        if (models.size <= capacity) break
        models.delete(oldest)
      }
      return found
    },
  }
}
