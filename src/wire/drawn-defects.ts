/** What small defects, drawn on good images, say of a model that saw the good ones alone. */
import type { PlaceChoice } from './fit-report.ts'

/** Below this area under the ROC curve drawn defects are hardly told from good images. */
const leastArea = 0.6

/** Small defects would be missed, with places and without: usual for photos of things that move about, and no matter there. */
export function missesSmallDefects({ without, with: both }: PlaceChoice): boolean {
  return without < leastArea && both < leastArea
}
