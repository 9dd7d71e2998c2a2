/** An address that is there, with a method that it does not take: 405, and which ones it takes (RFC 9110, section 15.5.6). */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { OneclassError } from '../../errors.ts'

/**
 * To be called before the routes are added.
 * @returns why nothing answers a request for which there is no route; of other methods the answer gets their names (`Allow`)
 */
export function collectMethods(app: FastifyInstance): (request: FastifyRequest, reply: FastifyReply) => OneclassError {
  const known = new Map<string, { readonly form: RegExp; readonly methods: Set<string> }>()
  app.addHook('onRoute', ({ url, method }) => {
    const place = known.get(url) ?? { form: formOf(url), methods: new Set() }
    known.set(url, place)
    for (const one of [method].flat()) place.methods.add(one)
  })
  return ({ url, method }, reply) => {
    const path = url.replace(/[?#].*/s, '')
    const methods = [...known.values()].flatMap(({ form, methods }) => (form.test(path) ? [...methods] : []))
    if (methods.length === 0)
      return new OneclassError('NOT_FOUND', 'There is nothing at this address; /docs lists what there is.')
    const allowed = [...new Set(methods)].sort().join(', ')
    reply.header('allow', allowed)
    return new OneclassError(
      'METHOD_NOT_ALLOWED',
      `This address takes ${allowed}, and no ${method}; /docs says what each does.`,
    )
  }
}

/** Of a route as `/v1/models/:name`. */
function formOf(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part === '*') return '.*'
    return part.startsWith(':') ? '[^/]+' : part.replace(/[^\w-]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('/')}$`)
}
