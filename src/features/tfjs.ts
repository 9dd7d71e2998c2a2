/** TensorFlow.js networks from disk. */
import { OneclassError } from '../errors.ts'
import type { Backbone } from './backbone.ts'
import type { OpenOptions } from './registry.ts'

export async function openTfjs(_path: string, _options: OpenOptions): Promise<Backbone> {
  throw new OneclassError('DEPENDENCY_MISSING', 'not yet')
}
