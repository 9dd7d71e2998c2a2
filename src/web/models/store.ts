/** The models, known to every view. */
import { computed, signal } from '@preact/signals'
import { client } from '../service/api.ts'
import type { Model, Service } from '../service/types.ts'
import { type Failure, failureOf } from '../ui/notes.tsx'

export const models = signal<readonly Model[] | null>(null)
export const modelsError = signal<Failure | null>(null)
/** What the service is and allows. */
export const service = signal<Partial<Service>>({})

/** The version in use of each, newest first. */
export const newest = computed(() =>
  (models.value ?? []).filter(({ serving }) => serving).sort((a, b) => b.createdAt.localeCompare(a.createdAt)),
)

export async function loadModels(): Promise<void> {
  try {
    models.value = await client.models({ versions: 'all' })
    modelsError.value = null
  } catch (error) {
    if (!(error instanceof TypeError)) modelsError.value = failureOf(error)
  }
  service.value = await client.service().catch(() => service.value)
}

/** The model of NAME (its version in use) or NAME@VERSION. */
export function findModel(ref: string | null): Model | undefined {
  if (ref === null) return undefined
  const [name, version] = ref.split('@')
  if (version === undefined) return newest.value.find((model) => model.name === name)
  return models.value?.find((model) => model.name === name && model.version === Number(version))
}

export function versionsOf(name: string): Model[] {
  return (models.value ?? []).filter((model) => model.name === name).sort((a, b) => b.version - a.version)
}
