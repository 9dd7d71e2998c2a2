import type { ModelInfo } from '../store/registry.ts'

/** A version as results, jobs and metrics name it. */
export function labelOf(info: Pick<ModelInfo, 'name' | 'version'>): string {
  return `${info.name}@${info.version}`
}
