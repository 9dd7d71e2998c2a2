/** The types of job that the API names. A batch is worked on as chunks, which the API does not show. */
export const jobTypes = ['classify', 'batch', 'fit', 'compare', 'map'] as const
export type JobType = (typeof jobTypes)[number]
