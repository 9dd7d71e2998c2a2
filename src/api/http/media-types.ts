/** What a request may have as its body, said where it has another. */
import type { FastifyRequest } from 'fastify'
import { OneclassError } from '../../errors.ts'

/** What this route takes instead. */
export function wrongMediaType({ routeOptions, headers }: FastifyRequest, cause?: unknown): OneclassError {
  const { docs } = routeOptions.config
  if (docs === undefined)
    return new OneclassError('UNSUPPORTED_MEDIA_TYPE', 'The body has a type that this request does not take.', {
      cause,
    })
  const { body, multipart, takesImage } = docs
  const types = [
    ...(body === undefined ? [] : ['application/json']),
    ...(multipart === undefined ? [] : ['multipart/form-data']),
    ...(takesImage ? ['image/* (the bytes of one image, such as image/jpeg)'] : []),
  ]
  const received = headers['content-type']?.replace(/[^ -~]/g, '').slice(0, 80)
  return new OneclassError(
    'UNSUPPORTED_MEDIA_TYPE',
    types.length === 0
      ? 'This request takes no body.'
      : `Expected a body of type ${types.join(' or ')} but received ${received ? `"${received}"` : 'none'}.`,
    { cause },
  )
}

/**
 * Nothing here unpacks bodies: without this, packed bytes are told as broken JSON, a broken form or a broken image.
 * @throws UNSUPPORTED_MEDIA_TYPE
 */
export function assertPlain({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding']?.trim().toLowerCase()
  if (encoding === undefined || encoding === '' || encoding === 'identity') return
  throw new OneclassError(
    'UNSUPPORTED_MEDIA_TYPE',
    `Expected a body as it is but it comes with Content-Encoding "${encoding.replace(/[^ -~]/g, '').slice(0, 40)}": send it unpacked.`,
  )
}
