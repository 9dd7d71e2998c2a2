/**
 * How a fitted model comes home. The worker leaves the bytes under their hash, then a note for the service that asked, and
 * then its job is complete. The service saves the model in its registry, writes the outcome, and takes the note away.
 *
 * Any of the two may die at any point. A worker that died before its job was complete: the job runs again and leaves the
 * same note (fitting is deterministic). A service that was away: it finds the notes when it starts. A service that died
 * after saving: `save` finds the version that was saved for this job and adds no second one. A fit of the same images that is asked for
 * again is another job, and makes the next version.
 */
import { join } from 'node:path'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { type ErrorCode, OneclassError, toOneclassError } from '../errors.ts'
import type { BlobStore } from '../queue/blobs.ts'
import type { RedisClient } from '../queue/connection.ts'
import { cancelledError } from '../queue/job-view.ts'
import { FitOutcome, lifetimes, typeOfJob } from '../queue/jobs.ts'
import type { Producer } from '../queue/producer.ts'
import { keys } from '../queue/redis-keys.ts'
import { fitReport } from '../store/fit-facts.ts'
import { parseJson } from '../system/parse-json.ts'
import { sha256InTurns } from '../system/sha256.ts'
import type { FitJob } from '../wire/job.ts'
import type { Model } from '../wire/model.ts'
import { Alpha, ModelName } from '../wire/names.ts'
import type { Fixed } from '../wire/type.ts'

/** The note that a worker leaves: what it fitted, for which name. */
const FinishedFit = Type.Object({ name: ModelName, alpha: Type.Optional(Alpha), ...FitOutcome.properties })
export type FinishedFit = Fixed<typeof FinishedFit>

/** Whoever saves what workers left holds it. @param home the data directory */
export function savingLock(home: string): string {
  return join(home, 'saving.lock')
}

/** Has an earlier run of this job, of whose end the queue did not hear, left what it made? @param notes the key of such notes */
export async function isMade(client: RedisClient, notes: string, id: string): Promise<boolean> {
  return (await client.hexists(notes, id)) === 1 || (await client.exists(keys.outcome(id))) === 1
}

/** What a worker made: the model's bytes, and what may come with them. */
export interface FitParts extends FitExtras {
  readonly artifact: Uint8Array
}

/**
 * The bytes, then the note that names them. Where Redis has no room for all of it, what was put there goes again: without a note
 * nobody would fetch it. Until the note is there the bytes stay for minutes only, so a worker that dies leaves nothing either.
 */
export async function leaveFit(
  { client, blobs }: { readonly client: RedisClient; readonly blobs: BlobStore },
  { id, data }: { readonly id: string; readonly data: { readonly origin: string; readonly name: string } },
  { artifact, gallery, samples }: FitParts,
  told: Omit<FitOutcome, 'sha256' | 'gallery' | 'samples'>,
): Promise<FitOutcome> {
  const added: string[] = []
  const put = async (bytes: Uint8Array): Promise<string> => {
    const hash = await sha256InTurns(bytes)
    const isThere = await blobs.touchModel(hash, lifetimes.outcome) // of an earlier try, or of a fit that made the same
    if (!isThere) added.push(hash)
    await blobs.putModel(hash, bytes, isThere ? lifetimes.outcome : lifetimes.unclaimed)
    return hash
  }
  const notes = keys.finishedFits(data.origin)
  let outcome: FitOutcome
  try {
    outcome = {
      sha256: await put(artifact),
      gallery: gallery ? await put(gallery) : null,
      samples: samples ? await put(samples) : null,
      ...told,
    }
    await client.hset(notes, id, JSON.stringify({ ...outcome, name: data.name } satisfies FinishedFit))
  } catch (error) {
    for (const hash of added) await blobs.removeModel(hash).catch(() => {}) // they expire
    throw error
  }
  await client.expire(notes, lifetimes.outcome)
  for (const hash of added) await blobs.touchModel(hash, lifetimes.outcome)
  return outcome
}

/** What may come with a model. */
export interface FitExtras {
  readonly gallery: Uint8Array | undefined
  readonly samples: Uint8Array | undefined
}

export interface FitSaver {
  /** Saves what is waiting. Not to be called again before it has ended: two would both see what only one can take away. */
  save(): Promise<void>
}

/** A job whose note cannot be read is over: else it would be shown as running for ever. @param what 'Fit' or 'Compare' */
export function unknownNote(what: string): OneclassError {
  return new OneclassError(
    'MODEL_INCOMPATIBLE',
    `What the worker left does not have the form that this service knows: are all parts of one version? ${what} again.`,
  )
}

export function createFitSaver(options: {
  producer: Producer
  origin: string
  /**
   * Reads all that came, and adds the model to the registry unless it was saved for this job before; returns what the API shows of it.
   * What cannot be read keeps all of it from being saved. @throws MODEL_CORRUPT, MODEL_INCOMPATIBLE
   */
  save: (fit: FinishedFit, model: Uint8Array, extras: FitExtras, job: string) => Promise<Model>
  onSaved?: (id: string) => void
  onError?: (id: string, error: OneclassError) => void
}): FitSaver {
  const { producer, origin } = options

  const save = async (): Promise<void> => {
    const waiting = await producer.client.hgetall(keys.finishedFits(origin))
    for (const [id, text] of Object.entries(waiting)) {
      // Redis is an input like any other: one note that is none may not keep the others from being saved
      if (typeOfJob(id) === 'fit') await saveOne(id, parseJson(text))
      else await producer.client.hdel(keys.finishedFits(origin), id)
    }
  }

  const saveOne = async (id: string, fit: unknown): Promise<void> => {
    const kept = await producer.client.exists(keys.outcome(id))
    const before = await producer.job(id)
    const isKnown = before !== undefined || Value.Check(FinishedFit, fit) // else nobody asked for it
    if (kept === 0 && isKnown) {
      const now = new Date().toISOString()
      const base: FitJob = {
        id,
        type: 'fit',
        state: 'done',
        model: before?.model ?? (Value.Check(FinishedFit, fit) ? fit.name : ''),
        progress: { done: 1, total: 1 },
        result: null,
        error: null,
        createdAt: before?.createdAt ?? now,
        finishedAt: now,
      }
      let view: FitJob
      try {
        if (!Value.Check(FinishedFit, fit)) throw unknownNote('Fit')
        // after the worker was done with it
        if ((await producer.client.exists(keys.cancel(id))) === 1)
          throw new OneclassError('CANCELLED', cancelledError.message)
        const bytes = await producer.blobs.getModel(fit.sha256)
        if (bytes === undefined)
          throw new OneclassError('JOB_EXPIRED', 'The fitted model waited too long to be saved: fit it again.')
        // a gallery that is gone is no reason to lose the model
        const read = async (hash: string | null | undefined) => (hash ? await producer.blobs.getModel(hash) : undefined)
        const extras = { gallery: await read(fit.gallery), samples: await read(fit.samples) }
        const model = await options.save(fit, bytes, extras, id)
        const { used, rejected, duplicates, excluded = [], notes = [], skipped = [], leftOut, layout } = fit
        const report = fitReport(model)
        const warnings = [...(layout ? [layout] : []), ...report.warnings]
        const told = { used, rejected, duplicates, excluded, notes, skipped, ...(leftOut && { leftOut }) }
        view = { ...base, result: { model, ...told, report: { ...report, warnings } } }
        await renewAll([fit.sha256, fit.gallery], lifetimes.model) // from now on as any other model
        await renewAll([fit.samples], lifetimes.unclaimed)
      } catch (thrown) {
        const error = toOneclassError(thrown)
        if (error.code !== 'CANCELLED') options.onError?.(id, error)
        if (error.isPassing) return // stays, and is tried again
        await forget(fit, error.code)
        view = { ...base, state: error.code === 'CANCELLED' ? 'cancelled' : 'failed', error: error.toJSON() }
      }
      await producer.setOutcome(id, { kind: 'saved', view })
      options.onSaved?.(id)
    }
    await producer.client.hdel(keys.finishedFits(origin), id)
  }

  /** Of bytes that were not saved nobody has a use, and they would count as stored for days; unless a model of the same bytes is in use. */
  const forget = async (fit: unknown, code: ErrorCode): Promise<void> => {
    if (!Value.Check(FinishedFit, fit)) return
    const hashes = [fit.sha256, fit.gallery, fit.samples]
    if (code !== 'MODEL_CORRUPT') await renewAll(hashes, lifetimes.unclaimed)
    else for (const hash of hashes) if (hash) await producer.blobs.removeModel(hash).catch(() => {})
  }
  const renewAll = async (hashes: readonly (string | null | undefined)[], seconds: number): Promise<void> => {
    for (const hash of hashes) if (hash) await producer.blobs.touchModel(hash, seconds).catch(() => {})
  }

  return { save }
}
