/**
 * Workers of several builds on one queue: a model of a later format is read by some of them only. Each says with its heartbeat which
 * formats it reads; one that gets a job whose model it cannot read gives it back, as long as another at work can.
 */
import { OneclassError } from '../errors.ts'
import type { RedisClient } from './connection.ts'
import { aheadMs, aliveMs } from './heartbeat.ts'
import { keys } from './redis-keys.ts'

/** This worker cannot read the model; another may. */
export class UnreadableHere extends OneclassError {
  readonly format: number

  constructor(label: string, format: number) {
    super(
      'MODEL_INCOMPATIBLE',
      `The model ${label} has format version ${format}, which no worker that is running reads: start workers of the build that made it.`,
    )
    this.format = format
  }
}

/** Shall a job that failed so be given back? */
export async function isForAnother(client: RedisClient, error: unknown): Promise<boolean> {
  return error instanceof UnreadableHere && (await isReadBySomeWorker(client, error.format))
}

/** Is there a worker at work that reads models of this format? */
async function isReadBySomeWorker(client: RedisClient, format: number): Promise<boolean> {
  const now = Date.now()
  const ids = await client.zrangebyscore(keys.workers, now - aliveMs, now + aheadMs, 'LIMIT', 0, 1000)
  const read = await Promise.all(ids.map((id) => client.hget(keys.worker(id), 'formats')))
  return read.some((formats) => formats?.split(',').includes(String(format)))
}
