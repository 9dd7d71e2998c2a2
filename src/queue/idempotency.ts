/**
 * Idempotency-Key: the same key of the same caller names the same job for a day. The first request draws the job's id and
 * leaves it under the key, so even two requests at once make one job; another body under the same key is refused (CONFLICT).
 *
 * The id is drawn and not computed from the key: who knows a job's id may read and cancel the job, and another caller can
 * guess keys such as "order-17".
 */
import { createHash } from 'node:crypto'
import { OneclassError } from '../errors.ts'
import type { JobType } from '../wire/job-state.ts'
import { newJobId, typeOfJob } from './jobs.ts'
import { keptOverhead } from './ledger.ts'
import type { Producer } from './producer.ts'
import { isDamage } from './redis-errors.ts'
import { keys } from './redis-keys.ts'

const daySeconds = 24 * 3600

export interface Claim {
  readonly id: string
  /** The key was seen before with the same request. */
  readonly isReplay: boolean
}

/**
 * @param owner who asks: the same key of another owner is another key
 * @param fingerprint what the request asks for
 * @throws CONFLICT when the key stands for another request; QUEUE_FULL when the owner has too many keys
 */
export async function claim(
  { client, kept }: Pick<Producer, 'client' | 'kept'>,
  type: JobType,
  owner: string,
  idempotencyKey: string | undefined,
  fingerprint: readonly (string | Uint8Array)[],
): Promise<Claim> {
  const id = newJobId(type)
  if (idempotencyKey === undefined) return { id, isReplay: false }
  const print = digest(fingerprint)
  const name = keys.idempotency(digest([owner, type, idempotencyKey]))
  await kept.charge({ name, bytes: keptOverhead }, daySeconds, owner)
  if ((await client.set(name, `${id} ${print}`, 'EX', daySeconds, 'NX')) === 'OK') return { id, isReplay: false }
  const text = await client.get(name).catch(async (error: unknown) => {
    if (isDamage(error)) await client.unlink(name) // it is no claim: the next request makes one
    throw error
  })
  const [known = '', before] = (text ?? '').split(' ')
  if (before !== print || typeOfJob(known) !== type) {
    throw new OneclassError(
      'CONFLICT',
      'This Idempotency-Key was used for another request: use a new key for a new request.',
    )
  }
  return { id: known, isReplay: true }
}

function digest(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex')
}
