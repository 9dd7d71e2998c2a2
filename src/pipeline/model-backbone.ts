/** A network as a model was fitted with it: at its detail, with its range of samples. */
import type { Backbone } from '../features/backbone.ts'
import type { DecodeTarget } from '../images/pixels.ts'
import type { Artifact } from '../store/artifact.ts'

export function backboneFor(model: Pick<Artifact, 'patches' | 'range'>, network: Backbone): Backbone {
  if (!model.patches && !model.range) return network
  const target = targetFor(model, network.target)
  return new Proxy(network, {
    get(inner, key) {
      if (key === 'target') return target
      const value: unknown = Reflect.get(inner, key, inner)
      return typeof value === 'function' ? value.bind(inner) : value
    },
  })
}

/** What images must be decoded to for a model, given what its network asks for. */
export function targetFor({ patches, range }: Pick<Artifact, 'patches' | 'range'>, own: DecodeTarget): DecodeTarget {
  const detail = patches?.detail ?? 1
  const size = { width: own.width * detail, height: own.height * detail }
  return { ...own, ...size, ...(patches && { withOriginal: true }), ...(range && { range }) }
}
