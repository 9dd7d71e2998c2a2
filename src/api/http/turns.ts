/**
 * Requests that cost this process more than some milliseconds are answered one after the other for each caller: whoever sends hundreds
 * of them waits for them, and nobody else does. Which they are, routes say (`inTurn`).
 */
import type { FastifyInstance } from 'fastify'
import { callerOf } from './access.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    inTurn?: boolean
  }
}

/** To be called after the access guard: callers are told apart by their keys. */
export function takeTurns(app: FastifyInstance): void {
  /** Of each caller, in the order in which they came: the first is being answered. */
  const queues = new Map<string, (() => void)[]>()
  app.addHook('preHandler', async (request, reply) => {
    if (!request.routeOptions.config.inTurn || reply.raw.closed) return
    const caller = callerOf(request)
    const queue = queues.get(caller) ?? []
    queues.set(caller, queue)
    const turn = new Promise<void>((begin) => {
      queue.push(begin)
      // answered, or the caller left: then it is not begun
      reply.raw.once('close', () => {
        queue.splice(queue.indexOf(begin), 1)
        queue[0]?.()
        if (queue.length === 0) queues.delete(caller)
      })
      if (queue.length === 1) begin()
    })
    await turn
  })
}
