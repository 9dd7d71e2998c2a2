/** Whose fault an error is: of the image, or of the service, which is then asked again. */

/** Did the image cause it? Only then is it said of the image. */
export function blamesImage(code: string): boolean {
  return code.startsWith('IMAGE_') || code === 'NO_FACE' || code === 'SEVERAL_FACES'
}

const passing: ReadonlySet<string> = new Set([
  'NETWORK',
  'UNAUTHORIZED',
  'REDIS_UNAVAILABLE',
  'REDIS_DAMAGED',
  'STOPPING',
  'QUEUE_FULL',
  'RATE_LIMITED',
  'JOB_EXPIRED',
  'JOB_NOT_FOUND',
])

/** Does it pass by itself, so that the same request is worth sending again? */
export function isPassing(code: string): boolean {
  return passing.has(code)
}
