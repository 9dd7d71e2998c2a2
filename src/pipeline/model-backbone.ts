/** A network as a model was fitted with it: at its detail and sizes, with its range of samples and its light. */
import { mapsOf } from '../detectors/patches/places.ts'
import type { Backbone, MapOutput } from '../features/backbone.ts'
import { showing, withTarget } from '../features/changed.ts'
import { enlarge } from '../features/detail.ts'
import type { DecodeTarget, Sizes } from '../images/pixels.ts'
import type { Artifact } from '../store/artifact.ts'

type Way = Pick<Artifact, 'patches' | 'range' | 'light' | 'enlarged' | 'mirrored'>

export function backboneFor(model: Way, network: Backbone): Backbone {
  const { patches, range, light, enlarged } = model
  const shown = patches ? showing(network, mapsFor(model, network.maps)) : network
  return patches || range || light || enlarged ? withTarget(shown, targetFor(model, network.target)) : shown
}

/** Those of a network's maps that a model looks at. */
export function mapsFor({ patches }: Pick<Way, 'patches'>, maps: Backbone['maps'] = []): readonly MapOutput[] {
  return patches ? mapsOf(maps, patches.axes) : []
}

/** What images must be decoded to for a model, given what its network asks for. */
export function targetFor(model: Way, own: DecodeTarget): DecodeTarget {
  const { patches, range, light, enlarged } = model
  const sized = enlarge(own, enlarged ?? patches?.detail ?? 1, sizesOf(model))
  return { ...sized, ...(patches && { withOriginal: true }), ...(range && { range }), ...(light && { light }) }
}

/** At which sizes whole images are judged. */
export function sizesOf({ enlarged, mirrored }: Pick<Way, 'enlarged' | 'mirrored'>): Sizes | undefined {
  if (!enlarged) return undefined
  return mirrored ? 'both and mirrored' : 'both'
}

/** Models with the same key want the same pixels of the same network. */
export function wayOf(hash: string, { patches, range, light, enlarged, mirrored }: Way): string {
  return JSON.stringify([hash, patches?.detail ?? 1, range, light, enlarged, mirrored])
}
