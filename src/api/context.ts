/** What the routes work with. */
import type { JobEvents } from '../queue/events.ts'
import type { Producer } from '../queue/producer.ts'
import type { BatchResults } from '../service/batch-results.ts'
import type { Feeder } from '../service/feeder.ts'
import type { Galleries } from '../service/galleries.ts'
import type { Places } from '../service/places.ts'
import type { ConfirmedStore } from '../store/confirmed.ts'
import type { Registry } from '../store/registry.ts'
import type { Log } from '../system/log.ts'
import type { BackboneView } from '../wire/backbone.ts'
import type { Streams } from './http/streams.ts'
import type { Limits } from './limits.ts'
import type { Metrics } from './metrics.ts'
import type { UsedModel } from './models-in-redis.ts'
import type { UrlFetchOptions } from './url-fetch.ts'

export interface ApiContext {
  readonly producer: Producer
  readonly events: JobEvents
  readonly feeder: Feeder
  readonly registry: Registry
  readonly galleries: Galleries
  /** p-values of images that people called good. */
  readonly confirmed: ConfirmedStore
  readonly metrics: Metrics
  readonly streams: Streams
  readonly log: Log
  readonly limits: Limits
  /** Names this service among others on the same Redis: what it asked for comes home to it. */
  readonly origin: string
  readonly home: string
  /** Where images may lie. */
  readonly places: Places
  /** Where results of batches may be written. */
  readonly results: Pick<BatchResults, 'resolve'>
  /** Real paths of the served roots that are folders. */
  readonly roots: readonly string[]
  /** Networks that a fit can name; the default first. */
  backbones(): Promise<readonly BackboneView[]>
  /** Undefined: no URLs. */
  readonly urls: Omit<UrlFetchOptions, 'maxBytes' | 'timeoutMs'> | undefined
  /** The model that a job shall use; its bytes are in Redis afterwards. */
  useModel(ref: string, alpha: number | undefined): Promise<UsedModel>
  /** Its bytes are taken away from Redis. */
  forgetOffer(sha256: string): void
  /** Something in Redis was found to be not as it was written. */
  mendSoon(): void
}
