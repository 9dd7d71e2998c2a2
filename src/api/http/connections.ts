/**
 * Open connections, bounded. When all places are taken the connection that has been idle for longest makes room: one that has asked
 * nothing yet, or is kept alive between two requests. So a caller who opens thousands and lets them idle shuts nobody out. Each
 * caller may have so many requests at a time.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { OneclassError } from '../../errors.ts'
import { callerOf } from './access.ts'

/**
 * @returns begins the end: connections without a request are closed, the others as their last request is answered. Node itself leaves
 *   those that have asked nothing yet (browsers open some in advance) until a timeout.
 */
export function boundConnections(server: Server, most: number): () => void {
  let isEnding = false
  /** Requests under way on each; those that are idle in the order in which they became so. */
  const open = new Map<Socket, number>()
  const touch = (socket: Socket, requests: number): void => {
    open.delete(socket)
    open.set(socket, requests)
  }
  server.on('connection', (socket: Socket) => {
    if (isEnding) return void socket.destroy()
    if (open.size >= most) {
      const idle = [...open].find(([, requests]) => requests === 0)?.[0] ?? socket
      open.delete(idle)
      idle.destroy()
      if (idle === socket) return
    }
    open.set(socket, 0)
    socket.once('close', () => open.delete(socket))
  })
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    touch(socket, (open.get(socket) ?? 0) + 1)
    response.once('close', () => {
      const requests = (open.get(socket) ?? 1) - 1
      if (open.has(socket)) touch(socket, Math.max(0, requests))
      if (isEnding && requests <= 0) socket.destroySoon()
    })
  })
  return () => {
    isEnding = true
    for (const [socket, requests] of open) if (requests === 0) socket.destroySoon()
  }
}

/** To be called after the access guard: callers are told apart by their keys. Streams are counted elsewhere. */
export function boundRequests(app: FastifyInstance, mostOfOne: number): void {
  const underWay = new Map<string, number>()
  app.addHook('onRequest', async (request, reply) => {
    const caller = callerOf(request)
    const now = underWay.get(caller) ?? 0
    if (now >= mostOfOne)
      throw new OneclassError('RATE_LIMITED', `${now} requests of yours are under way: wait until some are answered.`)
    underWay.set(caller, now + 1)
    reply.raw.once('close', () => {
      const left = (underWay.get(caller) ?? 1) - 1
      if (left > 0) underWay.set(caller, left)
      else underWay.delete(caller)
    })
  })
}
