/** What the consumers of one worker process share. */
import type { BatchStore } from '../src/queue/batches.ts'
import type { BlobStore } from '../src/queue/blobs.ts'
import type { RedisClient } from '../src/queue/connection.ts'
import type { ConsumerOptions } from '../src/queue/consumer.ts'
import type { Heartbeat } from '../src/queue/heartbeat.ts'
import type { JobKind } from '../src/queue/jobs.ts'
import type { Engine } from '../src/serving/engine.ts'
import type { Inference } from '../src/serving/inference.ts'
import type { ModelCache } from '../src/serving/model-cache.ts'
import type { Quarantine } from '../src/serving/quarantine.ts'

export interface WorkerContext {
  readonly client: RedisClient
  readonly blobs: BlobStore
  /** For what may be left out: it is full long before uploads are refused. */
  readonly thumbnails: BlobStore
  readonly batches: BatchStore
  readonly inference: Inference
  readonly engine: Engine
  readonly models: ModelCache
  readonly quarantine: Quarantine
  readonly heartbeat: Heartbeat
  readonly cores: number
  /** The data directory of this worker: pulled backbones. */
  readonly home: string
  /** The part of a consumer's options that is the same for all. */
  consumer<K extends JobKind>(
    kind: K,
  ): Pick<ConsumerOptions<K>, 'kind' | 'url' | 'client' | 'onFault' | 'onOver' | 'onDone' | 'lockMs'>
}
