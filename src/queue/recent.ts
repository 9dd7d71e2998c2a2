/** Which jobs there were of late: the newest of each type, with who asked for them. The jobs themselves are read one by one. */
import type { JobType } from '../wire/job-state.ts'
import type { RedisClient } from './connection.ts'
import { lifetimes } from './jobs.ts'
import { keys } from './redis-keys.ts'
import { withScores } from './with-scores.ts'

/** Ids remembered of each type. */
const remembered = 1000

export interface RecentJob {
  readonly id: string
  readonly type: JobType
  readonly owner: string
}

export async function noteJob(client: RedisClient, { id, type, owner }: RecentJob): Promise<void> {
  const key = keys.recent(type)
  await client
    .pipeline()
    .zadd(key, 'NX', Date.now(), `${id} ${owner}`)
    .zremrangebyrank(key, 0, -remembered - 1)
    .expire(key, lifetimes.outcome)
    .exec()
}

/** Newest first. */
export async function recentJobs(client: RedisClient, types: readonly JobType[]): Promise<RecentJob[]> {
  const found = await Promise.all(
    types.map(async (type) => {
      const flat = await client.zrevrange(keys.recent(type), 0, remembered - 1, 'WITHSCORES')
      return withScores(flat).map(({ member, score }) => {
        const [id = '', owner = ''] = member.split(' ')
        return { id, type, owner, at: score }
      })
    }),
  )
  return found.flat().sort((a, b) => b.at - a.at)
}

/** Takes away what no longer exists. */
export async function forgetJobs(client: RedisClient, jobs: readonly RecentJob[]): Promise<void> {
  for (const { id, type, owner } of jobs) await client.zrem(keys.recent(type), `${id} ${owner}`)
}
