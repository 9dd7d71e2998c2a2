/** Several models by name, as they are asked for together. */
import { OneclassError } from '../errors.ts'
import { labelOf, nameOfRef } from '../wire/label.ts'
import { maxModelsAtOnce } from '../wire/names.ts'
import type { Registry } from './registry.ts'

/**
 * Each model once; the one word `all` stands for every model that takes images, in its version in use (unless a model has that name).
 * @param refs NAME or NAME@VERSION
 * @throws MODEL_NOT_FOUND (`all` of none), INVALID_ARGUMENT (none, or more than 200)
 */
export async function expandRefs(
  registry: Pick<Registry, 'info' | 'list'>,
  refs: readonly string[],
): Promise<readonly string[]> {
  const isAll = refs.length === 1 && refs[0] === 'all' && !(await isThere(registry, 'all'))
  const wanted = isAll ? await namesOfAll(registry) : await withoutTwins(registry, [...new Set(refs)])
  if (isAll && wanted.length === 0)
    throw new OneclassError(
      'MODEL_NOT_FOUND',
      'There is no model that takes images. Fit one first: oneclass fit DIR --name NAME.',
    )
  if (wanted.length === 0 || wanted.length > maxModelsAtOnce)
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `Expected 1 to ${maxModelsAtOnce} models at once but received ${wanted.length}.`,
    )
  return wanted
}

async function namesOfAll(registry: Pick<Registry, 'list'>): Promise<string[]> {
  return (await registry.list()).flatMap(({ name, serving, backbone }) => (serving && backbone ? [name] : []))
}

/** `few` and `few@1` are one model where version 1 is in use: it counts once, by the name that comes first. */
async function withoutTwins(registry: Pick<Registry, 'info'>, refs: readonly string[]): Promise<string[]> {
  const seen = new Set<string>()
  const kept: string[] = []
  for (const ref of refs) {
    const isAlone = refs.every((other) => other === ref || nameOfRef(other) !== nameOfRef(ref))
    // one that is not there stays: whoever opens it says so
    const label = isAlone ? ref : await registry.info(ref).then(labelOf, () => ref)
    if (!seen.has(label)) kept.push(ref)
    seen.add(label)
  }
  return kept
}

async function isThere(registry: Pick<Registry, 'info'>, name: string): Promise<boolean> {
  return await registry.info(name).then(
    () => true,
    () => false,
  )
}
