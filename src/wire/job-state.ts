/** Types and states of jobs. Apart from the schemas, so that client and page take these words without a library. */

/** The types of job that the API names. A batch is worked on as chunks, which the API does not show. */
export const jobTypes = ['classify', 'batch', 'fit', 'compare', 'map'] as const
export type JobType = (typeof jobTypes)[number]

export const jobStates = ['queued', 'running', 'done', 'failed', 'cancelled'] as const
export type JobState = (typeof jobStates)[number]

export function isFinished(state: JobState): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled'
}
