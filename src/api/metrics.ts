/** Prometheus metrics: of this process and its requests, of the queues, and of the models that are served. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry as MetricsRegistry } from 'prom-client'
import { readTotals } from '../queue/heartbeat.ts'
import { jobKinds } from '../queue/jobs.ts'
import type { Producer } from '../queue/producer.ts'
import type { Served } from '../service/drift-log.ts'
import type { Drift, PromiseKept } from '../wire/model.ts'

export interface ServedModel {
  readonly label: string
  readonly drift: Drift
  /** Undefined where nobody reviewed a batch of it as a whole. */
  readonly promise?: PromiseKept | undefined
}

export interface Metrics {
  observeRequest(route: string, method: string, status: number, seconds: number): void
  observeClassify(seconds: number): void
  observeServed(model: string, served: Served): void
  /** Takes the place of what was said of models before: of a model that is removed nothing is left. */
  setModels(models: readonly ServedModel[]): void
  /** Asks the queue, then writes everything in the text format. */
  render(producer: Producer): Promise<{ type: string; text: string }>
}

export function createMetrics(): Metrics {
  const registry = new MetricsRegistry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry, prefix: 'oneclass_api_' })
  const requests = new Histogram({
    name: 'oneclass_http_request_seconds',
    help: 'Time to answer a request',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60],
    registers,
  })
  const classify = new Histogram({
    name: 'oneclass_classify_seconds',
    help: 'Time from the enqueued job to the result, of requests that waited',
    buckets: [0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30],
    registers,
  })
  const scores = new Histogram({
    name: 'oneclass_score',
    help: 'Scores that were served; 0.5 is the decision',
    labelNames: ['model'],
    buckets: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
    registers,
  })
  /** Models that have scores. */
  const scored = new Set<string>()
  const drift = new Gauge({
    name: 'oneclass_drift_log10_capital',
    help: 'Conformal test martingale, log10; 2 is a false alarm with probability at most 1 %',
    labelNames: ['model', 'stream'],
    registers,
  })
  const driftMax = new Gauge({
    name: 'oneclass_drift_max_log10_capital',
    help: 'The highest it ever was',
    labelNames: ['model', 'stream'],
    registers,
  })
  const confirmed = new Gauge({
    name: 'oneclass_confirmed_images',
    help: 'Good images of batches that were reviewed as a whole, and those of them that alpha rejects',
    labelNames: ['model', 'decision'],
    registers,
  })
  const uniformity = new Gauge({
    name: 'oneclass_confirmed_uniformity_p_value',
    help: 'Do their p-values spread evenly, as promised? Kolmogorov-Smirnov; 0.05 or less is a false alarm in 1 of 20 models',
    labelNames: ['model'],
    registers,
  })
  const queued = new Gauge({
    name: 'oneclass_queue_jobs',
    help: 'Jobs by queue and state',
    labelNames: ['queue', 'state'],
    registers,
  })
  const workers = new Gauge({ name: 'oneclass_workers', help: 'Workers heard of in the last 15 seconds', registers })
  const stored = new Gauge({ name: 'oneclass_stored_bytes', help: 'Bytes of images and models in Redis', registers })
  const kept = new Gauge({ name: 'oneclass_kept_bytes', help: 'Bytes of names and results in Redis', registers })
  const images = new Counter({ name: 'oneclass_images_total', help: 'Images that workers looked at', registers })
  const errors = new Counter({
    name: 'oneclass_image_errors_total',
    help: 'Images that could not be scored',
    registers,
  })
  const inferences = new Counter({
    name: 'oneclass_inferences_total',
    help: 'Runs of a network; images by this is the mean batch',
    registers,
  })

  return {
    observeRequest: (route, method, status, seconds) =>
      requests.observe({ route, method, status: String(status) }, seconds),
    observeClassify: (seconds) => classify.observe(seconds),
    observeServed(model, served) {
      scored.add(model)
      scores.observe({ model }, served.score)
    },
    setModels(models) {
      const there = new Set(models.map(({ label }) => label))
      for (const model of scored) {
        if (there.has(model)) continue
        scores.remove({ model })
        scored.delete(model)
      }
      for (const gauge of [drift, driftMax, confirmed, uniformity]) gauge.reset()
      for (const { label: model, drift: report, promise } of models) {
        for (const stream of ['all', 'accepted'] as const) {
          drift.set({ model, stream }, report[stream].log10Capital)
          driftMax.set({ model, stream }, report[stream].maxLog10Capital)
        }
        if (!promise) continue
        confirmed.set({ model, decision: 'accepted' }, promise.images - promise.rejected)
        confirmed.set({ model, decision: 'rejected' }, promise.rejected)
        uniformity.set({ model }, promise.pValue)
      }
    },
    async render(producer) {
      const [counts, living, bytes, keptBytes, totals] = await Promise.all([
        producer.counts(),
        producer.workers(),
        producer.blobs.bytesStored(),
        producer.kept.bytes(),
        readTotals(producer.client),
      ])
      for (const kind of jobKinds) {
        for (const [state, count] of Object.entries(counts[kind])) queued.set({ queue: kind, state }, count)
      }
      workers.set(living)
      stored.set(bytes)
      kept.set(keptBytes)
      // totals are kept in Redis, by all workers together
      for (const [counter, total] of [
        [images, totals.images],
        [errors, totals.errors],
        [inferences, totals.inferences],
      ] as const) {
        counter.reset()
        counter.inc(total)
      }
      return { type: registry.contentType, text: await registry.metrics() }
    },
  }
}
