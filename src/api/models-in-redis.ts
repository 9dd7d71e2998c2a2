/** Models in Redis, where workers read them: a request that names one puts it there. */
import { OneclassError } from '../errors.ts'
import { lifetimes, type ModelUse } from '../queue/jobs.ts'
import type { Producer } from '../queue/producer.ts'
import type { Registry } from '../store/registry.ts'
import { labelOf } from '../wire/label.ts'
import type { Model } from '../wire/model.ts'

/** A model that takes images. */
export interface UsedModel {
  readonly info: Model
  readonly backbone: NonNullable<Model['backbone']>
  readonly use: ModelUse
}

/** Milliseconds in which a model that was seen in Redis is not looked for again. */
const offerAgainMs = 3000

export function keepModelsInRedis(producer: Producer, registry: Registry) {
  // What was there a moment ago is there: a model lives for a day. After a restart of Redis nothing is taken for granted.
  const offered = new Map<string, number>()
  producer.client.on('ready', () => offered.clear())
  const offerModel = async (sha256: string, label: string): Promise<void> => {
    const now = performance.now()
    if (now - (offered.get(sha256) ?? Number.NEGATIVE_INFINITY) < offerAgainMs) return
    if (offered.size > 1000) offered.clear()
    await offerNow(sha256, label)
    offered.set(sha256, now)
  }
  const offerNow = async (sha256: string, label: string): Promise<void> => {
    if (await producer.blobs.touchModel(sha256, lifetimes.model)) return
    // by its content: a model that was renamed meanwhile is still the same
    const found = (await registry.list()).find((info) => info.sha256 === sha256)
    await producer.blobs.putModel(sha256, await registry.bytes(found ? labelOf(found) : label), lifetimes.model)
  }
  const useModel = async (ref: string, alpha: number | undefined): Promise<UsedModel> => {
    const info = await registry.info(ref)
    const { backbone } = info
    if (backbone === null)
      throw new OneclassError('MODEL_INCOMPATIBLE', `The model "${ref}" was fitted on features and cannot take images.`)
    const label = labelOf(info)
    await offerModel(info.sha256, label)
    return { info, backbone, use: { label, sha256: info.sha256, alpha: alpha ?? info.alpha } }
  }

  return {
    offerModel,
    useModel,
    /** Its bytes were taken away: whoever names it puts them there again. */
    forgetOffer: (sha256: string) => void offered.delete(sha256),
  }
}
