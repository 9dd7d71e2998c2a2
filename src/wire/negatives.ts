/** What is said of negatives, over HTTP and elsewhere. */
import { OneclassError } from '../errors.ts'
import { plural } from './plural.ts'
import type { FailedImage } from './result.ts'

/**
 * Where somebody gives negatives, a model that has learnt from none is not what they asked for.
 * @param unread those that cannot be read, where none can. @throws TOO_FEW_IMAGES
 */
export function assertSomeRead(unread: readonly FailedImage[]): void {
  const [first] = unread
  if (first === undefined) return
  const what = unread.length === 1 ? 'The negative cannot' : `None of the ${plural(unread.length, 'negative')} can`
  throw new OneclassError(
    'TOO_FEW_IMAGES',
    `${what} be read (${first.image}: ${first.error.message}). Give others, or fit without negatives.`,
  )
}
