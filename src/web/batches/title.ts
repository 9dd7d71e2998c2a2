/** What a batch is called. */
import type { Batch } from '../service/types.ts'
import { t } from '../text.ts'

/** Its folder, or where its images came from. */
export function titleOf(batch: Batch): string {
  return batch.folder ?? batch.uploadedFolder ?? t.batches.uploadedName
}
