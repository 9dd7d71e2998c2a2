/** How a fit looks at its images: whole or at their places too, at which detail, in which light. */
import type { PlaceAxes } from '../detectors/patches/places.ts'
import { OneclassError } from '../errors.ts'
import { type Backbone, givesMaps } from '../features/backbone.ts'
import type { ImageSource } from '../images/source.ts'
import type { Artifact } from '../store/artifact.ts'
import type { Gallery } from '../store/gallery.ts'
import type { AskedDetail, AskedLight, Detail, Light } from '../wire/fit-choices.ts'
import { type FirstLook, fewestToChoose, takeFirstLook } from './first-look.ts'
import type { GatherOptions } from './gather.ts'
import { axesOf, type PlaceSetup, placeSetup } from './patches.ts'

export interface AskedWay extends GatherOptions {
  readonly detail?: AskedDetail | undefined
  readonly light?: AskedLight | undefined
  readonly patches?: boolean
}

export type Way = Pick<FirstLook, 'light' | 'known' | 'choice' | 'lights'> & {
  /** Undefined: whole images only. */
  readonly places: PlaceSetup | undefined
} & Pick<Artifact, 'enlarged' | 'mirrored'>

/**
 * @param network at its own size
 * @param kept of the earlier version, whose way a new one goes on with
 * @throws INVALID_ARGUMENT where another way is asked for than that of the earlier version, or detail of a network without maps; CANCELLED
 */
export async function chooseWay(
  sources: readonly ImageSource[],
  network: Backbone,
  kept: Gallery | undefined,
  asked: AskedWay,
): Promise<Way> {
  const { detail = 'auto', light = 'auto', patches = true } = asked
  if (kept) {
    const { places, enlarged, mirrored } = kept
    assertAsBefore('detail', detail, enlarged ?? places?.detail ?? 1)
    assertAsBefore('light', light, kept.light ?? 'as-is')
    const setup = patches && places && givesMaps(network) && placeSetup(network, places.detail, places.axes)
    const sizes = { ...(enlarged && { enlarged }), ...(mirrored && { mirrored }) }
    return { light: kept.light ?? 'as-is', places: setup || undefined, ...sizes }
  }
  const hasMaps = givesMaps(network)
  if (!hasMaps && detail !== 'auto' && detail !== 1)
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `The network "${network.id}" gives no maps, so places cannot be looked at with detail ${detail}: leave the detail out, or name maps in its manifest.`,
    )
  const chooses = hasMaps && sources.length >= fewestToChoose
  const own = {
    detail: detail === 'auto' && !chooses ? 1 : detail,
    light: light === 'auto' && !chooses ? 'as-is' : light,
  } as const
  if (own.light !== 'auto' && (!patches || !hasMaps)) return { light: own.light, places: undefined }
  const axes = await axesOf(network, asked.signal)
  if (own.light !== 'auto' && own.detail !== 'auto') return { light: own.light, ...closely(network, own.detail, axes) }
  const look = await takeFirstLook(sources, network, axes, { ...own, patches }, asked)
  return { ...look, ...(look.detail ? closely(network, look.detail, axes) : { places: undefined }) }
}

/** Places at that detail, and whole images at that size too, and mirrored. */
function closely(network: Backbone, detail: Detail, axes: PlaceAxes): Pick<Way, 'places' | 'enlarged' | 'mirrored'> {
  return { places: placeSetup(network, detail, axes), ...(detail !== 1 && { enlarged: detail, mirrored: true }) }
}

function assertAsBefore(what: 'detail' | 'light', asked: Detail | AskedLight, before: Detail | Light): void {
  if (asked === 'auto' || asked === before) return
  throw new OneclassError(
    'INVALID_ARGUMENT',
    `The earlier version looks at its images with ${what} ${before}: fit from the images for another.`,
  )
}
