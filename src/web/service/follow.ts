/** A job followed live; taken up again when the connection breaks. */
import { ClientError } from '../../client.ts'
import { isFinished as isFinishedState } from '../../wire/job-state.ts'
import { client } from './api.ts'
import { connected } from './connection.ts'
import type { Job } from './types.ts'

export function isFinished({ state }: Pick<Job, 'state'>): boolean {
  return isFinishedState(state)
}

/** Too many requests, or a key that is no longer taken: it is asked again, the second once there is another key. */
export function isWaited(status: number): boolean {
  return status === 429 || status === 401
}

/** Resolves with the finished job; `onView` sees each state on the way. Rejects when there is no such job, or when aborted. */
export async function followJob(id: string, onView: (job: Job) => void, signal: AbortSignal): Promise<Job> {
  for (;;) {
    try {
      for await (const job of client.events(id, { signal })) {
        onView(job)
        if (isFinished(job)) return job
      }
    } catch (error) {
      if (signal.aborted) throw error
      if (error instanceof ClientError && error.status < 500 && !isWaited(error.status)) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 400))
    await connected(signal)
    signal.throwIfAborted()
  }
}
