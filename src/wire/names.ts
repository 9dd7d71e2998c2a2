/** How models, jobs and folders are named, and the numbers that many requests take. */
import { Type } from 'typebox'

export const Alpha = Type.Number({
  exclusiveMinimum: 0,
  exclusiveMaximum: 1,
  description: 'The false-rejection rate asked for',
})

/** Most models that are asked at once: each is some megabytes in memory. */
export const maxModelsAtOnce = 200

const name = '[A-Za-z0-9][A-Za-z0-9._-]{0,63}'
/** What a name is made of. */
export const nameForm = new RegExp(`^${name}$`)
export const ModelName = Type.String({ pattern: `^${name}$`, description: 'The name of a model' })
export const ModelRef = Type.String({
  pattern: `^${name}(@[1-9][0-9]{0,8})?$`,
  description: 'NAME, its version in use, or NAME@VERSION',
})
/** Several of these, with commas between; `all`: every model that takes images. */
export const ModelRefs = Type.String({
  pattern: `^\\s*${name}(@[1-9][0-9]{0,8})?\\s*(,\\s*${name}(@[1-9][0-9]{0,8})?\\s*){0,${maxModelsAtOnce - 1}}$`,
  maxLength: 16_384,
  description: 'NAME or NAME@VERSION of each model, with commas between; `all`: every model that takes images',
})
export const BackboneId = Type.String({ pattern: `^${name}$` })
export const JobId = Type.String({ minLength: 1, maxLength: 100, description: 'The id of a job or batch' })
export const Seed = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
/** Characters that a path, and with it the name of an image, may have. */
export const longestPath = 4096
export const Folder = Type.String({
  minLength: 1,
  maxLength: longestPath,
  description: 'A folder below a served root, or s3://bucket/prefix below one',
})
