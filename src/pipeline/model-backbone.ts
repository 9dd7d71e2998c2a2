/** A network as a model was fitted with it: at its detail, with its range of samples. */
import type { Backbone } from '../features/backbone.ts'
import { atDetail } from '../features/detail.ts'
import type { DecodeTarget } from '../images/pixels.ts'
import type { Artifact } from '../store/artifact.ts'
import { withRange } from './range.ts'

export function backboneFor({ patches, range }: Pick<Artifact, 'patches' | 'range'>, network: Backbone): Backbone {
  return withRange(atDetail(network, patches?.detail ?? 1), range)
}

/** What images must be decoded to for a model, given what its network asks for. */
export function targetFor({ patches, range }: Pick<Artifact, 'patches' | 'range'>, own: DecodeTarget): DecodeTarget {
  const detail = patches?.detail ?? 1
  return { ...own, width: own.width * detail, height: own.height * detail, ...(range && { range }) }
}
