/** What is kept of models: list, show, use, set, rename, remove, export, import. */
import { present } from '../errors.ts'
import { fitReport } from '../store/fit-facts.ts'
import { modelNameOf, readModelBytes, readModelFile } from '../store/model-file.ts'
import { openRegistry } from '../store/registry.ts'
import { assertHomeWritable, writeOutput } from '../system/files.ts'
import { labelOf } from '../wire/label.ts'
import type { Model, ModelWithReport } from '../wire/model.ts'
import * as check from './arguments.ts'
import { homeOf, type Place } from './place.ts'

const home = { home: check.common.home }

function registryFor(
  ref: unknown,
  call: Place,
  more: Readonly<Record<string, check.Check>> = {},
  required: readonly string[] = [],
) {
  check.checkArgument('the model', ref, check.modelRef)
  check.checkOptions(call, { ...home, ...more }, required)
  return openRegistry(homeOf(call))
}

/** All versions of all models: names in order, the latest version first. */
export async function list(place: Place = {}): Promise<Model[]> {
  check.checkOptions(place, home)
  return await openRegistry(homeOf(place)).list()
}

/** A model, and what its fit said. @param ref NAME or NAME@VERSION. @throws MODEL_NOT_FOUND */
export async function show(ref: string, place: Place = {}): Promise<ModelWithReport> {
  return withReport(await registryFor(ref, place).info(ref))
}

function withReport(model: Model): ModelWithReport {
  return { ...model, report: fitReport(model) }
}

/**
 * From now on the bare name means this version, until another is chosen or fitted: undoes a fit.
 * @param ref NAME@VERSION
 * @throws MODEL_NAME_INVALID, MODEL_NOT_FOUND
 */
export async function use(ref: string, place: Place = {}): Promise<Model> {
  return await registryFor(ref, place).use(ref)
}

/** Changes alpha without refitting; `report.warnings` says where nothing is rejected at it. @throws MODEL_NOT_FOUND, ALPHA_INVALID */
export async function set(ref: string, call: Place & { readonly alpha: number }): Promise<ModelWithReport> {
  const registry = registryFor(ref, call, { alpha: check.alpha }, ['alpha'])
  return withReport(await registry.setAlpha(ref, call.alpha))
}

/** Gives all versions of a model another name. @throws MODEL_NOT_FOUND, CONFLICT when there is one of that name */
async function renameModel(name: string, to: string, place: Place = {}): Promise<Model> {
  const registry = registryFor(name, place)
  check.checkArgument('the new name', to, check.modelName)
  return await registry.rename(name, to)
}

/** Removes one version, or with a bare name all of them. @throws MODEL_NOT_FOUND */
export async function remove(ref: string, place: Place = {}): Promise<void> {
  await registryFor(ref, place).remove(ref)
}

/**
 * The model as one file: all that scoring needs but the network, with the alpha in force; no image is in it.
 * @param options `out`: also written there, whole or not at all
 * @returns its bytes
 * @throws MODEL_NOT_FOUND, MODEL_CORRUPT, INVALID_ARGUMENT when `out` cannot be written
 */
export async function exportModel(
  ref: string,
  call: Place & { readonly out?: string | undefined } = {},
): Promise<Uint8Array> {
  const registry = registryFor(ref, call, { out: check.text('a file to write') })
  const { out } = call
  const info = await registry.info(ref)
  const { bytes } = await readModelFile(await registry.bytes(labelOf(info)), { alpha: info.alpha })
  if (out !== undefined) {
    await writeOutput(out, bytes)
  }
  return bytes
}

/**
 * Adds an exported model as the next version of a name.
 * @param file its path, or its bytes
 * @param options `name`: default the name of the file up to the first "@" or "."; needed with bytes
 * @throws MODEL_NOT_FOUND when there is no such file, MODEL_CORRUPT, MODEL_INCOMPATIBLE, MODEL_NAME_INVALID
 */
export async function importModel(
  file: string | Uint8Array,
  call: Place & { readonly name?: string | undefined } = {},
): Promise<Model> {
  check.checkArgument('the model file', file, (value) =>
    value instanceof Uint8Array ? undefined : check.text('a path or the bytes of a file')(value),
  )
  check.checkOptions(call, { ...home, name: check.modelName })
  const as = call.name ?? (typeof file === 'string' ? modelNameOf(file) : undefined)
  check.checkArgument('name', as, check.modelName)
  const bytes = typeof file === 'string' ? await readModelBytes(file) : file
  const folder = homeOf(call)
  await assertHomeWritable(folder)
  return await openRegistry(folder).saveEncoded(present(as, 'the name of the model'), await readModelFile(bytes))
}

export const models = {
  list,
  show,
  use,
  set,
  rename: renameModel,
  remove,
  export: exportModel,
  import: importModel,
} as const
