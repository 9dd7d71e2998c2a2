/** Reading a batch's record: what stands in Redis is an input like any other, and is believed as far as it fits together. */
import { parseJson } from '../system/parse-json.ts'
import { progressForm, recordForm } from './batch-forms.ts'
import type { BatchRecord } from './batches.ts'
import type { RedisClient } from './connection.ts'
import { typeOfJob } from './jobs.ts'
import { isDamage } from './redis-errors.ts'
import { keys } from './redis-keys.ts'

/** Fields of a batch's hash that change, as text. */
type Fields = Readonly<Record<string, string | undefined>>

/** Undefined for none, and for a record that is damaged. */
export async function readBatch(client: RedisClient, id: string): Promise<BatchRecord | undefined> {
  const pipeline = client.pipeline().hgetall(keys.batch(id)).llen(keys.batchNames(id)).exists(keys.batchImages(id))
  const answers = (await pipeline.exec()) ?? []
  const fault = answers.find(([error]) => error)?.[0]
  if (isDamage(fault)) return undefined
  if (fault) throw fault
  const [fields, names, isOld] = answers.map(([, value]) => value) as [Fields, number, number]
  const record = parseJson(fields['record'])
  const progress = {
    state: fields['state'],
    total: Number(fields['total']),
    done: Number(fields['done']),
    errors: Number(fields['errors']),
    error: parseJson(fields['error']) ?? null,
    waitsFor: parseJson(fields['waits']) ?? null,
    finishedAt: fields['finishedAt'] ?? null,
  }
  if (!recordForm.Check(record) || !progressForm.Check(progress)) return undefined
  // its id is part of keys and of addresses in a store; whoever works on it goes through all that it says to have
  if (record.id !== id || typeOfJob(id) !== 'batch') return undefined
  if (isOld ? progress.total > mostOfOld : progress.total > names) return undefined
  const { bytes } = fields
  return {
    ...record,
    ...progress,
    ...(bytes !== undefined && { bytes: Number(bytes) }),
    isOpen: fields['open'] === '1',
    isAscii: fields['ascii'] === '1',
  } as BatchRecord
}

/** Images of a batch of an earlier version, whose names are one text. */
const mostOfOld = 1_000_000
