/**
 * Idempotency-Key: the same key of the same caller names the same job for a day. The key gives the job its id, so even two
 * requests at once make one job; another body under the same key is refused (CONFLICT).
 */
import { createHash } from 'node:crypto'
import { OneclassError } from '../errors.ts'
import type { RedisClient } from './connection.ts'
import { jobIdFor, newJobId, type PublicType } from './jobs.ts'
import { keys } from './keys.ts'

export interface Claim {
  readonly id: string
  /** The key was seen before with the same request. */
  readonly isReplay: boolean
}

export async function claim(
  client: RedisClient,
  type: PublicType,
  owner: string,
  idempotencyKey: string | undefined,
  fingerprint: readonly (string | Uint8Array)[],
): Promise<Claim> {
  if (idempotencyKey === undefined) return { id: newJobId(type), isReplay: false }
  const id = jobIdFor(type, owner, idempotencyKey)
  const hash = createHash('sha256')
  for (const part of fingerprint) hash.update(part).update('\0')
  const print = hash.digest('hex')
  if ((await client.set(keys.idempotency(id), print, 'EX', 24 * 3600, 'NX')) === 'OK') return { id, isReplay: false }
  const before = await client.get(keys.idempotency(id))
  if (before !== print) {
    throw new OneclassError(
      'CONFLICT',
      'This Idempotency-Key was used for another request: use a new key for a new request.',
    )
  }
  return { id, isReplay: true }
}
