/** Near-duplicates between training and test, which make any method look better than it is: reported, and left out of the test. */
import type { NearDuplicate } from '../images/near-duplicates.ts'

/** When more of the test than this would go, the images are of one mould, and copies cannot be told from others of their kind. */
const maxShare = 0.3

/** Whether to leave them out: not when the images are so alike. */
export function areDroppable(duplicates: readonly NearDuplicate[], testImages: number): boolean {
  return duplicates.length <= maxShare * testImages
}
