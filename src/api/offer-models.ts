/** Several models where workers find them, or why one cannot be asked. */
import { Value } from 'typebox/value'
import { OneclassError, toOneclassError } from '../errors.ts'
import type { AskedModel, ClassifyMany } from '../queue/jobs.ts'
import { expandRefs } from '../store/model-refs.ts'
import { ModelRefs } from '../wire/names.ts'
import type { ApiContext } from './context.ts'
import { listField } from './http/fields.ts'

/** @param asked names with commas between, a list, or `all`. @throws INVALID_ARGUMENT, MODEL_NOT_FOUND */
export async function refsOf(
  { registry }: Pick<ApiContext, 'registry'>,
  asked: string | readonly string[],
  field = 'models',
): Promise<readonly string[]> {
  if (typeof asked !== 'string') return await expandRefs(registry, asked)
  if (!Value.Check(ModelRefs, asked))
    throw new OneclassError('INVALID_ARGUMENT', `Expected "${field}" to be names with commas between, or "all".`)
  return await expandRefs(registry, listField(asked))
}

/** Each model where workers find it, or why it cannot be asked. @throws its error when no model can */
export async function offerModels(context: ApiContext, refs: readonly string[]): Promise<ClassifyMany['models']> {
  const models: ClassifyMany['models'][number][] = []
  // one after the other: the bytes of a model pass through memory when workers do not have it yet
  for (const ref of refs) {
    try {
      models.push({ ref, use: (await context.useModel(ref, undefined)).use })
    } catch (thrown) {
      const error = toOneclassError(thrown)
      if (!isOfTheModel(error)) throw thrown
      models.push({ ref, error: error.toJSON() })
    }
  }
  const [first] = models
  if (first && 'error' in first && models.every((model) => 'error' in model))
    throw new OneclassError(first.error.code, first.error.message)
  return models
}

/** Further models of a batch, each by its label: for thousands of images one that cannot be asked is an error at once. */
export async function offerAlso(
  context: ApiContext,
  asked: string,
  first: string,
  alpha: number | undefined,
): Promise<AskedModel[]> {
  const models: AskedModel[] = []
  for (const ref of await refsOf(context, asked, 'also')) {
    const { use } = await context.useModel(ref, alpha)
    if (use.label !== first) models.push({ ref: use.label, use })
  }
  return models
}

/** Told in the place of a model; anything else is a fault of the way. */
function isOfTheModel({ code }: OneclassError): boolean {
  return code.startsWith('MODEL_')
}
