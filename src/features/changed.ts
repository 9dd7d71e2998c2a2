/** A network that asks the decoder for something else, sees images otherwise or brings more along, and is else the same. */
import type { PlaceAxes } from '../detectors/patches/places.ts'
import { evenLight } from '../images/even-light.ts'
import type { DecodeTarget, Pixels } from '../images/pixels.ts'
import type { Backbone, MapOutput } from './backbone.ts'

export function withTarget(network: Backbone, change: Partial<DecodeTarget>): Backbone {
  return withMembers(network, { target: { ...network.target, ...change } })
}

/**
 * A network that evens out the light of what it is given. A fit draws defects on images as they are, so it decodes these and has the light
 * evened out here; whoever judges an image has the decoder do it (`DecodeTarget.light`).
 */
export function seeingEvenly(network: Backbone): Backbone {
  const { look } = network
  return withMembers(network, {
    embed: (images: readonly Pixels[]) => network.embed(images.map(evenLight)),
    ...(look && {
      look: (images: readonly Pixels[], maps = network.maps) => look.call(network, images.map(evenLight), maps),
    }),
  })
}

/** A network that shows only these of its maps: others are not copied out of it. */
export function showing(network: Backbone, maps: readonly MapOutput[]): Backbone {
  const { look } = network
  return withMembers(network, {
    maps,
    ...(look && { look: (images: readonly Pixels[], some = maps) => look.call(network, images, some) }),
  })
}

/** A network that comes with the axes of its places. */
export function withAxes(network: Backbone, axes: PlaceAxes | undefined): Backbone {
  return axes ? withMembers(network, { axes }) : network
}

function withMembers(network: Backbone, members: Partial<Backbone>): Backbone {
  return new Proxy(network, {
    get(inner, key) {
      if (Object.hasOwn(members, key)) return members[key as keyof Backbone]
      const value: unknown = Reflect.get(inner, key, inner)
      return typeof value === 'function' ? value.bind(inner) : value
    },
  })
}
