/** The forms of what a batch has in Redis: read, it is an input like any other. */
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { parseJson } from '../system/parse-json.ts'
import { BatchLine } from '../wire/batch.ts'
import { Decisions } from '../wire/decisions.ts'
import { ErrorBody } from '../wire/error.ts'
import { jobStates } from '../wire/job-state.ts'
import { Nullable, OneOf } from '../wire/type.ts'
import { AskedModel, ModelUse } from './jobs.ts'
import { countOf } from './scripts.ts'

const count = Type.Integer({ minimum: 0 })

/** What is written when a batch is made. */
export const recordForm = Compile(
  Type.Object({
    id: Type.String(),
    isStreamed: Type.Optional(Type.Boolean()),
    model: ModelUse,
    also: Type.Optional(Type.Array(AskedModel)),
    chunkSize: Type.Integer({ minimum: 1, maximum: 10_000 }),
    folder: Nullable(Type.String()),
    uploadedFolder: Type.Optional(Type.String()),
    uploadedFolders: Type.Optional(Type.Array(Type.String())),
    results: Type.Optional(Type.String()),
    keep: Type.Optional(Type.Object({ thumbnails: Type.Boolean(), map: Type.Boolean() })),
    decide: Type.Optional(Type.Object({ ...Decisions.properties, calibrationScores: count })),
    origin: Type.String(),
    owner: Type.Optional(Type.String()),
    bytes: Type.Optional(count),
    createdAt: Type.String({ format: 'date-time' }),
  }),
)

/** How far it is. */
export const progressForm = Compile(
  Type.Object({
    state: OneOf(jobStates),
    total: count,
    done: count,
    errors: count,
    error: Nullable(ErrorBody),
    waitsFor: Nullable(ErrorBody),
    finishedAt: Nullable(Type.String({ format: 'date-time' })),
  }),
)

const lineForm = Compile(BatchLine)

/** A result as it was written; where it is damaged or gone, an error about its image. */
export function wholeLine(line: string | null, index: string): string {
  if (line !== null && lineForm.Check(parseJson(line))) return line
  const error = { code: 'JOB_EXPIRED', message: 'The result came home damaged: send the image again.' }
  return JSON.stringify({ image: `image ${index}`, index: countOf(index), error })
}

/** A result as it was written; undefined where it is damaged. */
export function lineOf(text: string | null): BatchLine | undefined {
  const line = parseJson(text)
  return lineForm.Check(line) ? line : undefined
}

/** Names in one text, as an earlier version wrote them. */
export function namesOf(text: string | null): string[] {
  const names = parseJson(text)
  return Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : []
}
