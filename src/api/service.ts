/** The API's parts put together over one Redis and one data directory, and taken apart again. */
import { randomUUID } from 'node:crypto'
import { readFile, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { OneclassError } from '../errors.ts'
import { checkRedis, connect, disconnect, readMaxMemory } from '../queue/connection.ts'
import { openJobEvents } from '../queue/events.ts'
import { createProducer, type Producer } from '../queue/producer.ts'
import { waitForRedis } from '../queue/reach.ts'
import { keys } from '../queue/redis-keys.ts'
import { openBatchResults } from '../service/batch-results.ts'
import { saveComparisons } from '../service/comparisons.ts'
import { saveSamples } from '../service/demo-samples.ts'
import { startDriftClock } from '../service/drift-clock.ts'
import { createFeeder } from '../service/feeder.ts'
import { createFitSaver, savingLock } from '../service/fit-saver.ts'
import { createGalleries } from '../service/galleries.ts'
import { type KeyStore, openKeyStore } from '../service/key-store.ts'
import { startMender } from '../service/mender.ts'
import { openNotices } from '../service/notices.ts'
import { openPlaces } from '../service/places.ts'
import { openStore } from '../service/s3-store.ts'
import { watchModels } from '../service/watch-models.ts'
import { openConfirmedStore } from '../store/confirmed.ts'
import { readModelFile } from '../store/model-file.ts'
import { openRegistry } from '../store/registry.ts'
import { makeFolder } from '../system/files.ts'
import { withLock } from '../system/lock.ts'
import type { Log } from '../system/log.ts'
import { isS3 } from '../system/s3/address.ts'
import type { S3Options } from '../system/s3/client.ts'
import { privateFolder, writeWhole } from '../system/whole-file.ts'
import type { BackboneView } from '../wire/backbone.ts'
import type { ApiContext } from './context.ts'
import { directly, type Outside } from './http/outside.ts'
import { createStreams } from './http/streams.ts'
import { defaultLimits, type Limits, limitsFor } from './limits.ts'
import { createMetrics } from './metrics.ts'
import { keepModelsInRedis } from './models-in-redis.ts'
import { buildServer } from './server.ts'
import type { UrlFetchOptions } from './url-fetch.ts'

export interface ServiceOptions {
  readonly home: string
  readonly redisUrl: string
  readonly isLoopback: boolean
  /** How callers reach it, where a proxy stands in front. */
  readonly outside?: Outside
  /** Folders, and prefixes of buckets. */
  readonly roots: readonly string[]
  /** Prefixes of buckets that results of batches may be written below. */
  readonly results?: readonly string[]
  /** How to reach the store of roots that are prefixes. */
  readonly s3?: S3Options
  /** `{}` allows public URLs; undefined allows none. */
  readonly urls?: Omit<UrlFetchOptions, 'maxBytes' | 'timeoutMs'>
  readonly limits?: Partial<Limits>
  /** Networks that a fit can name; default none are listed. */
  readonly backbones?: () => Promise<readonly BackboneView[]>
  /** Told of what ends and of drift. */
  readonly webhooks?: { readonly urls: readonly string[]; readonly secret: string | undefined }
  readonly webFolder: string
  readonly version: string
  readonly log: Log
}

export interface Service {
  readonly app: FastifyInstance
  readonly producer: Producer
  readonly keys: KeyStore
  /** No new requests, the open ones end, then the connections close. */
  close(): Promise<void>
}

export async function openService(options: ServiceOptions): Promise<Service> {
  const { home, log } = options
  await makeFolder(home, privateFolder)
  const origin = await originOf(home)
  const roots = await Promise.all(options.roots.filter((root) => !isS3(root)).map(realRoot))
  const limits = limitsFor(await askRedis(options.redisUrl, log), { ...defaultLimits, ...options.limits })
  const store = await openStore(options, log)
  const places = openPlaces({ folders: roots, ...store, maxImageBytes: limits.maxImageBytes })
  const producer = createProducer({
    url: options.redisUrl,
    maxWaiting: limits.maxWaitingJobs,
    maxWaitingOfOne: limits.maxWaitingJobsOfOne,
    stored: { all: limits.maxStoredBytes, ofOne: limits.maxStoredBytesOfOne },
    kept: { all: limits.maxKeptBytes, ofOne: limits.maxKeptBytesOfOne },
  })
  const results = openBatchResults(producer.batches, store)
  const events = await openJobEvents(options.redisUrl)
  const mender = await startMender({ producer, origin, log, onEventsGone: () => events.renew() })
  const registry = openRegistry(home)
  const metrics = createMetrics()
  const { redisUrl } = options
  const notices = await openNotices({ producer, registry, redisUrl, log, ...options.webhooks })
  const { client } = producer
  const drift = startDriftClock({ client, registry, log, onServed: metrics.observeServed })
  const streams = createStreams({ all: limits.maxStreams, ofOne: limits.maxStreamsOfOne })

  const { offerModel, useModel, forgetOffer } = keepModelsInRedis(producer, registry)
  const feeder = createFeeder({
    producer,
    events,
    origin,
    offerModel,
    places,
    maxImages: limits.maxFolderImages,
    deliver: results.write,
    onEnded: notices.ended,
    onError: (batch, error) => log('warn', 'batch waits', { job: batch, code: error.code }),
  })
  const onSaved = (id: string): void => {
    events.announce(id)
    notices.ended(id)
  }
  const saver = createFitSaver({
    producer,
    origin,
    save: async ({ name, sha256, growth }, bytes, { gallery, samples }, job) => {
      const file = await readModelFile(bytes, { gallery }) // all is read before anything is saved
      if (samples) await saveSamples(home, samples)
      const saved = await registry.savedFor(job)
      // the demo draws the same images each time: one version of it is enough
      const drawn = samples && (await registry.list()).find((info) => info.name === name && info.sha256 === sha256)
      return saved ?? drawn ?? (await registry.saveEncoded(name, file, { gallery, growth, job }))
    },
    onSaved,
    onError: (id, error) => log('error', 'model not saved', { job: id, code: error.code, error: error.message }),
  })
  // one after the other: a second saver would miss what the first one takes away, and call it expired
  let saving: Promise<void> = Promise.resolve()
  const saveAll = (): Promise<void> => {
    saving = saving
      .catch(() => {})
      .then(async () => {
        const names = [keys.finishedFits(origin), keys.finishedComparisons(origin)]
        if ((await producer.client.exists(...names)) === 0) return
        // another service of this data directory may find the same notes
        await withLock(savingLock(home), async () => {
          await saver.save()
          await saveComparisons(producer, origin, home, onSaved)
        })
      })
    return saving
  }
  const saveFits = () => void saveAll().catch((error: unknown) => log('warn', 'fits wait', { error: String(error) }))
  events.onWorkerDone(saveFits)
  const timer = setInterval(saveFits, 5000) // a note whose event was lost
  saveFits()
  await feeder.resume()

  const context: ApiContext = {
    producer,
    events,
    feeder,
    registry,
    galleries: createGalleries(registry),
    confirmed: openConfirmedStore(home),
    metrics,
    streams,
    log,
    limits,
    origin,
    home,
    places,
    results,
    roots,
    backbones: options.backbones ?? (async () => []),
    urls: options.urls,
    useModel,
    forgetOffer,
    mendSoon: () => mender.soon(),
  }
  const watch = watchModels(context)
  const keyStore = openKeyStore(home)
  const app = await buildServer(context, {
    keys: keyStore,
    isLoopback: options.isLoopback,
    outside: options.outside ?? directly,
    webFolder: options.webFolder,
    version: options.version,
  })
  return {
    app,
    producer,
    keys: keyStore,
    async close() {
      clearInterval(timer)
      streams.cutAll()
      await app.close()
      await feeder.stop()
      await saveAll().catch(() => {})
      await watch.stop()
      await drift.stop()
      await mender.stop()
      await notices.close()
      await events.close()
      await producer.close()
      await store.s3?.close()
    },
  }
}

/** Waits until Redis answers; bytes that it may hold. @throws REDIS_UNAVAILABLE */
async function askRedis(url: string, log: Log): Promise<number> {
  const client = connect(url, 'producer', 'oneclass:probe')
  try {
    await waitForRedis(client, url, 15_000)
    for (const warning of await checkRedis(client)) log('warn', warning)
    return await readMaxMemory(client)
  } finally {
    await disconnect(client)
  }
}

/** A name for this data directory, for ever: what was asked for before a restart still comes home. */
async function originOf(home: string): Promise<string> {
  const path = join(home, 'origin')
  const read = async (): Promise<string | undefined> =>
    /^[0-9a-f-]{36}$/.exec((await readFile(path, 'utf8').catch(() => '')).trim())?.[0]
  const known = await read()
  if (known !== undefined) return known
  return await withLock(`${path}.lock`, async () => {
    const meanwhile = await read()
    if (meanwhile !== undefined) return meanwhile
    const made = randomUUID()
    await writeWhole(path, `${made}\n`)
    return made
  })
}

async function realRoot(root: string): Promise<string> {
  const path = await realpath(root).catch(() => {
    throw new OneclassError('FOLDER_NOT_FOUND', `The folder "${root}" of --root does not exist or cannot be read.`)
  })
  if ((await stat(path)).isDirectory()) return path
  throw new OneclassError('FOLDER_NOT_FOUND', `"${root}" of --root is no folder: name the folder that it lies in.`)
}
