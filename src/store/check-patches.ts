/** Does the patch member of a model file hold together? Sizes fit each other, and stay within what a fit can make. */
import { checkAxes, floats, whole } from '../detectors/patches/check-axes.ts'
import type { PatchState } from '../detectors/patches/patch-member.ts'
import { blocksOf } from '../detectors/patches/place-gaussians.ts'
import { details } from '../wire/fit-choices.ts'

/** More than the largest map (a side of 4096 / 8 would be 512) is not scored. */
const most = { side: 512, modes: 256, peaks: 200_000 } as const

/** @throws RangeError or TypeError naming what does not fit */
export function checkPatches(state: PatchState): void {
  const {
    detail,
    axes,
    height,
    width,
    block,
    gaussians,
    modes,
    highest,
    smoothed,
    mean,
    deviation,
    peaks,
    markedShare,
  } = state
  if (!details.includes(detail)) throw new RangeError('the detail of the patches is wrong')
  checkAxes(axes)
  const { count: d } = axes
  whole('height of the map', height, most.side)
  whole('width of the map', width, most.side)
  if (block !== undefined) whole('places of a block', block, Math.max(height, width))
  const places = height * width
  const blocks = blocksOf({ height, width, block }).at(-1)! + 1
  floats('means of the places', gaussians.means, places * d)
  floats('factors of the places', gaussians.factors, (blocks * d * (d + 1)) / 2)
  if (modes !== undefined) {
    floats('levels of the modes', modes.levels, modes.levels.length)
    const bytes = modes.levels.length * blocks * d
    if (modes.levels.length > most.modes || !(modes.bytes instanceof Uint8Array) || modes.bytes.length !== bytes)
      throw new RangeError('the modes of the patches are wrong')
  }
  if (highest !== undefined) whole('highest places', highest, places)
  if (smoothed !== undefined && typeof smoothed !== 'boolean') throw new RangeError('smoothed: not true or false')
  if (markedShare !== undefined && !(markedShare > 0 && markedShare < 1))
    throw new RangeError('the share of marked images is wrong')
  floats('mean distances', mean, places)
  floats('deviations of distances', deviation, places)
  if (!deviation.every((value) => value > 0)) throw new RangeError('a deviation is not above 0')
  if (
    !(peaks instanceof Float64Array) ||
    peaks.length < 1 ||
    peaks.length > most.peaks ||
    !peaks.every(Number.isFinite)
  )
    throw new RangeError('the peaks of the patches are wrong')
  if (peaks.some((peak, i) => i > 0 && peak < peaks[i - 1]!)) throw new RangeError('the peaks are not in order')
}
