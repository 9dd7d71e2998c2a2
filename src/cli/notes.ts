/** What several commands say on standard error beside their results. */
import { describeSkipped, printable, type Skipped } from '../images/left-out.ts'
import type { FailedImage } from '../wire/result.ts'
import type { Io } from './command.ts'

/** An image that could not be read, and why. */
export function tellFailed({ image, error }: FailedImage, io: Io): void {
  io.err(`${printable(image)}: ${error.code}: ${printable(error.message)}`)
}

/** What else lay in the folders; nothing where there was nothing. */
export function tellSkipped(skipped: readonly (Omit<Skipped, 'reason'> & { readonly reason: string })[], io: Io): void {
  const leftOut = describeSkipped(skipped)
  if (leftOut) io.err(`note: ${leftOut}`)
}
