/**
 * What the patch member weighs beside the pooled members, without a single bad image: the weight that tells held-out positives best
 * from the same kind of images with a small defect drawn on them (`images/simulated-defects.ts`). It is 0 where drawn defects are not
 * found better with it: on photos of anything that moves, places mean nothing, and the member stays out.
 */
import { areaUnder } from '../area-under.ts'
import { unitOf } from '../join.ts'

/**
 * Weights to choose from, where all pooled members together weigh 1. Drawn defects stand out from their surroundings more than real ones
 * do, and would ask for four times as much; a half is where real ones lose least at worst (bench/results/places.md, "Which weight").
 */
const choices = [0.25, 0.5] as const
/** The area under the ROC curve must grow by this for the member to join, or by this share of what it lacks. */
const gainThatCounts = 0.02
const shareThatCounts = 1 / 3
/**
 * Where the large image is looked at anyway, places cost little more and show where a defect is: with half of that gain they join with
 * the smallest weight (bench/results/places.md, "Mirrored").
 */
const smallGain = gainThatCounts / 2
/** Of weights within this of the best the smallest is taken. */
const asGood = 0.005

/** Raw scores in any unit, of the same images. */
export interface Judged {
  readonly pooled: Float64Array
  readonly patches: Float64Array
}

export interface WeightChoice {
  readonly weight: number
  /** Area under the ROC curve of held-out positives against drawn defects, without and with the patch member. */
  readonly without: number
  readonly with: number
}

/**
 * @param positives held-out positives
 * @param defects images of held-out positives with a defect drawn on them
 * @param isLarger the places are those of images that are larger than the network's own size
 */
export function choosePatchWeight(positives: Judged, defects: Judged, isLarger: boolean): WeightChoice {
  const inUnits = (own: Float64Array, values: Float64Array) => {
    const { median, spread } = unitOf(own)
    return values.map((value) => (value - median) / spread)
  }
  const area = (weight: number) => {
    const joint = ({ pooled, patches }: Judged) => {
      const b = inUnits(positives.patches, patches)
      return inUnits(positives.pooled, pooled).map((value, i) => value + weight * b[i]!)
    }
    return areaUnder(joint(positives), joint(defects))
  }
  const without = area(0)
  const areas = choices.map(area)
  const best = Math.max(...areas)
  const gain = best - without
  const joins = gain >= Math.min(gainThatCounts, shareThatCounts * (1 - without))
  if (!joins && !(isLarger && gain >= smallGain)) return { weight: 0, without, with: without }
  const at = joins ? areas.findIndex((value) => value >= best - asGood) : 0
  return { weight: choices[at]!, without, with: areas[at]! }
}
