/** A fit on an earlier version and new images that has none to add: it would make the same version once more. */
import { OneclassError } from '../errors.ts'
import type { FailedEntry } from '../images/walk.ts'
import { plural } from '../wire/plural.ts'
import type { FitImagesOptions } from './fit.ts'

/** Is there more to a fit on an earlier version than new images? @param left positives of it that are not left out */
export function changesBase({ base, exclude, negatives }: FitImagesOptions, left: number): boolean {
  return left < (base?.gallery.images.length ?? 0) || exclude === 'misfits' || (negatives ?? []).length > 0
}

export function nothingToAdd(given: number, repeated: number, unread: FailedEntry | undefined): OneclassError {
  const all = `Of ${plural(given, 'new image')}`
  const said =
    repeated === given
      ? `${all} all are positives of the earlier version already`
      : `${all} ${repeated} are positives of the earlier version already and the others cannot be read${unread ? ` (${unread.error.message.replace(/\.$/, '')})` : ''}`
  return new OneclassError('INVALID_ARGUMENT', `${said}: there is nothing to add.`)
}
