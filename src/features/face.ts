/** The face backbone. */
import { OneclassError } from '../errors.ts'
import type { Backbone } from './backbone.ts'
import type { BackboneInfo, OpenOptions } from './registry.ts'

export function faceInfo(): BackboneInfo {
  return {
    id: 'face',
    kind: 'face',
    isDefault: false,
    ready: false,
    license: 'MIT',
    bytes: null,
    dim: 128,
    description: '',
  }
}

export async function openFace(_options: OpenOptions): Promise<Backbone> {
  throw new OneclassError('DEPENDENCY_MISSING', 'not yet')
}
