/**
 * Every key that we keep in Redis. The braces put all of them into one hash slot, so scripts over several keys and
 * BullMQ's own scripts run on a Cluster too.
 *
 *   blob:ID            bytes of an image or a list, expiring                     string
 *   model:SHA256       an artifact, expiring, refreshed by use                   string
 *   stored, kept       what is counted, by its end (`ledger.ts`)                 sorted set
 *   ...:bytes          its sum                                                   integer
 *   ...:owners         entry -> owner                                            hash
 *   ...:callers        owner -> sum                                              hash
 *   batch:ID           a batch: state, counts, model                             hash
 *   batch:ID:names     names, in index order                                     list
 *   batch:ID:images    the same, of a batch of an earlier version                string (JSON)
 *   batch:ID:results   index -> result line, written once                        hash
 *   batch:ID:order     indices in the order of their results                     list
 *   batch:ID:points    index -> embedding of one byte a number                   hash
 *   named:BATCH:INDEX  small picture of an image of a batch, expiring            string
 *   batches:ORIGIN     batches that a service still has to feed                  set
 *   fits:ORIGIN        fitted models that a service still has to save            hash
 *   comparisons:ORIGIN reports that a service still has to save                  hash
 *   outcome:JOB        what outlives a job: saved model, cancellation            string (JSON)
 *   cancel:JOB         a running job is to stop                                  string
 *   idempotency:HASH   Idempotency-Key -> job id, hash of the request            string
 *   recent:TYPE        newest jobs and who asked for them, by time               sorted set
 *   demo               the fit of the demo that was asked for last               string
 *   workers            worker -> last heartbeat                                  sorted set
 *   worker:ID          what a worker is and did, expiring                        hash
 *   totals             images and errors, all together                           hash
 *   totals:errors      errors, all together, by code                             hash
 *   places:KIND        caller -> place of its last job (`fair-order.ts`)         hash
 *   rate:SLOT          images of some seconds, expiring                          integer
 *   crashes:IMAGE      how often a worker died while it had this image           integer
 *   drift:LABEL:HASH[...]  drift monitor of a version                            string, list
 *   drift:HASH[...]    the same, of an earlier build                             string, list
 *   drift-news         LABEL:HASH of monitors that have something to take in     set
 */
export const prefix = '{oneclass}'

const key =
  (name: string) =>
  (id: string): string =>
    `${prefix}:${name}:${id}`

export const keys = {
  blob: key('blob'),
  model: key('model'),
  batch: key('batch'),
  batchImages: (id: string) => `${prefix}:batch:${id}:images`,
  batchNames: (id: string) => `${prefix}:batch:${id}:names`,
  batchResults: (id: string) => `${prefix}:batch:${id}:results`,
  batchOrder: (id: string) => `${prefix}:batch:${id}:order`,
  batchPoints: (id: string) => `${prefix}:batch:${id}:points`,
  named: key('named'),
  openBatches: key('batches'),
  finishedFits: key('fits'),
  finishedComparisons: key('comparisons'),
  outcome: key('outcome'),
  cancel: key('cancel'),
  idempotency: key('idempotency'),
  recent: key('recent'),
  demo: `${prefix}:demo`,
  workers: `${prefix}:workers`,
  worker: key('worker'),
  totals: `${prefix}:totals`,
  errorTotals: `${prefix}:totals:errors`,
  rate: key('rate'),
  places: key('places'),
  /** BullMQ's own. */
  job: (kind: string, id: string) => `${prefix}:${kind}:${id}`,
  prioritized: (kind: string) => `${prefix}:${kind}:prioritized`,
  waiting: (kind: string) => `${prefix}:${kind}:wait`,
  drift: key('drift'),
  driftInbox: (id: string) => `${prefix}:drift:${id}:inbox`,
  driftLock: (id: string) => `${prefix}:drift:${id}:lock`,
  driftNews: `${prefix}:drift-news`,
  crashes: key('crashes'),
} as const

/** Pub/sub channels: hints that something changed. Nobody relies on a message: readers also look on a timer. */
export const channels = {
  /** `BATCH_ID` */
  batch: `${prefix}:changed:batch`,
  /** `JOB_ID` */
  cancel: `${prefix}:cancel`,
} as const
