/** Bull Board under /admin/queues, for keys of scope manage (in a browser: any name, the key as password). */
import { readFile } from 'node:fs/promises'
import { basename, extname, join, normalize, sep } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { OneclassError } from '../../errors.ts'
import { createBoard } from '../../queue/board.ts'
import { isUnreadable } from '../../queue/mend.ts'
import { damaged } from '../../queue/redis-errors.ts'
import { escapeHtml } from '../../system/html.ts'
import type { ApiContext } from '../context.ts'
import { fileTypes } from '../http/file-types.ts'
import { contentPolicy } from '../http/security.ts'

const root = '/admin/queues'

/** @param basePath what a proxy puts before every path; empty: nothing */
export function boardRoutes(app: FastifyInstance, context: ApiContext, basePath: string): void {
  const board = createBoard(context.producer)
  const config = { scope: 'manage' } as const

  const page = async (_request: FastifyRequest, reply: FastifyReply) => {
    const { name, params } = board.entry.handler({ basePath: `${basePath}${root}/`, uiConfig: board.config })
    const values = params as Readonly<Record<string, unknown>>
    const template = await readFile(join(board.viewsFolder, basename(name)), 'utf8')
    const html = template
      .replace(/<link[^>]*href="https?:[^>]*>/g, '') // a font from elsewhere
      .replace(/<%([-=]) *(\w+) *%>/g, (_, kind: string, key: string) => {
        const text = String(values[key] ?? '')
        return kind === '=' ? escapeHtml(text) : text.replaceAll('<', '\\u003c')
      })
    return reply.type('text/html; charset=utf-8').header('content-security-policy', contentPolicy.board).send(html)
  }
  const { route } = board.entry
  for (const path of Array.isArray(route) ? route : [route])
    app.get(`${root}${path === '/' ? '' : path}`, { config }, page)
  app.get(`${root}/`, { config }, page)

  app.get(`${root}/static/*`, { config }, async (request, reply) => {
    const path = normalize((request.params as { '*': string })['*'])
    const type = fileTypes[extname(path)]
    if (path.startsWith('..') || path.includes('\0') || path.startsWith(sep) || type === undefined)
      throw new OneclassError('NOT_FOUND', 'There is no such file.')
    const bytes = await readFile(join(board.staticFolder, path)).catch(() => {
      throw new OneclassError('NOT_FOUND', 'There is no such file.')
    })
    return reply.type(type).send(bytes)
  })

  for (const { method, route: paths, handler } of board.routes) {
    for (const path of Array.isArray(paths) ? paths : [paths]) {
      app.route({
        method: (Array.isArray(method) ? method : [method]).map((one) => one.toUpperCase()),
        url: `${root}${path}`,
        config,
        handler: async (request, reply) => {
          const answer = async (asked: Parameters<typeof handler>[0]) => await handler(asked)
          const found = await answer({
            queues: board.queues,
            params: request.params as Record<string, string>,
            query: request.query as Record<string, string>,
            body: (request.body ?? {}) as Record<string, unknown>,
            headers: request.headers as Record<string, string>,
          } as Parameters<typeof handler>[0]).catch((error: unknown) => {
            throw isUnreadable(error) ? damaged('A job', error) : error
          })
          return reply.code(found.status ?? 200).send(found.body)
        },
      })
    }
  }
}
