import type { ModelInfo } from './registry.ts'

/** A version as results, jobs and metrics name it. */
export function labelOf(info: Pick<ModelInfo, 'name' | 'version'>): string {
  return `${info.name}@${info.version}`
}
