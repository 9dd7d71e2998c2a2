/** What a webhook says. */
import { Type } from 'typebox'
import { Job } from './job.ts'
import { Drift } from './model.ts'
import { type Fixed, OneOf } from './type.ts'

export const WebhookEvent = Type.Union([
  Type.Object({
    type: OneOf(['job.done', 'job.failed', 'job.cancelled'], {
      description: 'A fit, a comparison or a batch ended so',
    }),
    timestamp: Type.String({ format: 'date-time' }),
    data: Job,
  }),
  Type.Object({
    type: OneOf(['model.drift']),
    timestamp: Type.String({ format: 'date-time' }),
    data: Type.Object({ model: Type.String({ description: 'NAME@VERSION' }), drift: Drift }),
  }),
])
export type WebhookEvent = Fixed<typeof WebhookEvent>
