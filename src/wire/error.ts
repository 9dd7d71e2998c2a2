/** How errors are sent: in results and jobs, and as the answer to a request. */
import { Type } from 'typebox'
import { type ErrorCode, errorTable } from '../errors.ts'
import { type Fixed, OneOf } from './type.ts'

const Code = OneOf(Object.keys(errorTable) as ErrorCode[])

export const ErrorBody = Type.Object(
  { code: Code, message: Type.String() },
  { description: 'What went wrong with a job or an image' },
)
export type ErrorBody = Fixed<typeof ErrorBody>

/** RFC 9457. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Code,
    instance: Type.String({ description: 'The id of the request, as in the logs' }),
  },
  { description: 'Every error, as application/problem+json' },
)
export type Problem = Fixed<typeof Problem>
