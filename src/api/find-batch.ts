/** A batch that a request names. */
import { OneclassError } from '../errors.ts'
import type { BatchRecord } from '../queue/batches.ts'
import { typeOfJob } from '../queue/jobs.ts'
import type { Producer } from '../queue/producer.ts'

/** The id becomes part of keys and paths: nothing but an id of ours is looked for. @throws JOB_NOT_FOUND */
export async function findBatch({ batches }: Pick<Producer, 'batches'>, id: string): Promise<BatchRecord> {
  const batch = typeOfJob(id) === 'batch' ? await batches.read(id) : undefined
  if (batch === undefined) throw new OneclassError('JOB_NOT_FOUND', 'There is no batch of this id, or it is too old.')
  return batch
}
