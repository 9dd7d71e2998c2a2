/** What an error means for a batch that is fed: is it the image, the batch, or the service that must wait? */
import { type ErrorCode, errorTable, type OneclassError } from '../errors.ts'

/** Tries of a chunk. A worker answers for each image of its chunk even when it fails: this is for what fails before. */
export const maxFailures = 2

/** Passes in a row that end because something in Redis is not as it was written: some 15 seconds. */
export const maxDamage = 5

/**
 * Says nothing of the images, however often: the chunk is given out again until the batch expires. A fault of the code is none of these,
 * nor damage: what the service can mend it mends in seconds.
 */
export function isOfTheService(code: ErrorCode): boolean {
  return errorTable[code].blames === 'service' && code !== 'INTERNAL' && code !== 'REDIS_DAMAGED'
}

/** With these a batch is over: asking again changes nothing. */
export function isFinal({ code }: OneclassError): boolean {
  return errorTable[code].blames === 'caller' || code === 'QUEUE_FULL' || code === 'FOLDER_EMPTY'
}
