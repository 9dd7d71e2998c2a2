/**
 * Requests that cost this process more than some milliseconds are answered one after the other for each caller: whoever sends hundreds
 * of them waits for them, and nobody else does. Which they are, routes say (`inTurn`).
 */
import type { FastifyInstance } from 'fastify'
import { createTurns } from '../../system/turns.ts'
import { callerOf } from './access.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    inTurn?: boolean
  }
}

/** To be called after the access guard: callers are told apart by their keys. */
export function takeTurns(app: FastifyInstance): void {
  const turns = createTurns()
  app.addHook('preHandler', async (request, reply) => {
    if (!request.routeOptions.config.inTurn || reply.raw.closed) return
    const { begun, end } = turns.take(callerOf(request))
    // answered, or the caller left: then it is not begun
    reply.raw.once('close', end)
    await begun
  })
}
