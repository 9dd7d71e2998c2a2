/** What a batch is called. */
import type { Batch } from '../service/types.ts'
import { t } from '../text.ts'

/** Folders that a title names. */
const named = 3

/** Its folder or folders, or where its images came from. */
export function titleOf({ folder, uploadedFolder, uploadedFolders = [] }: Batch): string {
  const some = uploadedFolders.slice(0, named)
  const several = some.length < uploadedFolders.length ? [...some, '…'] : some
  return folder ?? uploadedFolder ?? (several.length > 0 ? several.join(', ') : t.batches.uploadedName)
}
