/** A network as a model was fitted with it: at its detail, with its range of samples and its light. */
import { mapsOf } from '../detectors/patches/places.ts'
import type { Backbone, MapOutput } from '../features/backbone.ts'
import { showing, withTarget } from '../features/changed.ts'
import type { DecodeTarget } from '../images/pixels.ts'
import type { Artifact } from '../store/artifact.ts'

type Way = Pick<Artifact, 'patches' | 'range' | 'light'>

export function backboneFor(model: Way, network: Backbone): Backbone {
  const { patches, range, light } = model
  const shown = patches ? showing(network, mapsFor(model, network.maps)) : network
  return patches || range || light ? withTarget(shown, targetFor(model, network.target)) : shown
}

/** Those of a network's maps that a model looks at. */
export function mapsFor({ patches }: Pick<Way, 'patches'>, maps: Backbone['maps'] = []): readonly MapOutput[] {
  return patches ? mapsOf(maps, patches.axes) : []
}

/** What images must be decoded to for a model, given what its network asks for. */
export function targetFor({ patches, range, light }: Way, own: DecodeTarget): DecodeTarget {
  const detail = patches?.detail ?? 1
  const size = { width: own.width * detail, height: own.height * detail }
  return { ...own, ...size, ...(patches && { withOriginal: true }), ...(range && { range }), ...(light && { light }) }
}

/** Models with the same key want the same pixels of the same network. */
export function wayOf(hash: string, { patches, range, light }: Way): string {
  return JSON.stringify([hash, patches?.detail ?? 1, range, light])
}
