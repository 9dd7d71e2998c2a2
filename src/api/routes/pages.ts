/** What a browser opens: the page at /, the reference at /docs, the document. */
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { docsPage, docsStyle } from '../docs/docs-page.ts'
import type { OpenApi } from '../docs/openapi.ts'
import { fileTypes } from '../http/file-types.ts'
import type { Outside } from '../http/outside.ts'
import { contentPolicy, pagePermissions } from '../http/security.ts'

const { '.html': html = '', '.css': css = '' } = fileTypes

const open = { config: { scope: null } } as const

/** @param folder the built page; its files are listed once, so no request names a file that is not one of them */
export async function pageRoutes(
  app: FastifyInstance,
  folder: string,
  document: () => OpenApi,
  outside: Outside,
): Promise<void> {
  // anybody may ask for these, and be slow to take the answer: made once, and in memory once
  const written = keepLatest((address) => Buffer.from(JSON.stringify({ ...document(), servers: [{ url: address }] })))
  const page = keepLatest((address) => Buffer.from(docsPage(document(), address)))
  app.get('/openapi.json', open, async (request, reply) =>
    sendShared(reply.type('application/json; charset=utf-8'), written(seenAt(request, outside))),
  )
  app.get('/docs', open, async (request, reply) =>
    sendShared(reply.type(html).header('content-security-policy', contentPolicy.docs), page(seenAt(request, outside))),
  )
  app.get('/docs/style.css', open, async (_request, reply) => reply.type(css).send(docsStyle))

  const files = await listFiles(folder)
  const read = new Map<string, Promise<Buffer>>()
  const bytesOf = (file: string): Promise<Buffer> => {
    const found = read.get(file) ?? readFile(join(folder, file))
    read.set(file, found)
    found.catch(() => read.delete(file))
    return found
  }
  /** The file, or what the build made of it for browsers that take it smaller. */
  const sendFile = async (request: FastifyRequest, reply: FastifyReply, file: string): Promise<FastifyReply> => {
    const accepted = request.headers['accept-encoding'] ?? ''
    const [encoding, ending] =
      /\bbr\b/.test(accepted) && files.includes(`${file}.br`)
        ? ['br', '.br']
        : /\bgzip\b/.test(accepted) && files.includes(`${file}.gz`)
          ? ['gzip', '.gz']
          : [undefined, '']
    if (encoding !== undefined) reply.header('content-encoding', encoding)
    return sendShared(reply.header('vary', 'accept-encoding'), await bytesOf(file + ending))
  }
  for (const file of files) {
    const type = fileTypes[extname(file)]
    if (type === undefined || file === 'index.html') continue
    app.get(`/${file.split('/').map(encodeURIComponent).join('/')}`, open, async (request, reply) => {
      const isHashed = /[.-][0-9a-zA-Z_-]{8,}\.[a-z0-9]+$/.test(file)
      reply.type(type).header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache')
      return await sendFile(request, reply, file)
    })
  }
  app.get('/', open, async (request, reply) => {
    reply
      .type(html)
      .header('content-security-policy', contentPolicy.page)
      .header('permissions-policy', pagePermissions)
      .header('cache-control', 'no-cache')
    return files.includes('index.html') ? await sendFile(request, reply, 'index.html') : reply.send(landingPage)
  })
}

function sendShared(reply: FastifyReply, bytes: Buffer): FastifyReply {
  reply.sharesBytes = true
  return reply.send(bytes)
}

/** What was made last is made once: the service has one address for nearly all who ask. */
function keepLatest(make: (address: string) => Buffer): (address: string) => Buffer {
  let kept: { readonly address: string; readonly bytes: Buffer } | undefined
  return (address) => {
    if (kept?.address !== address) kept = { address, bytes: make(address) }
    return kept.bytes
  }
}

/** The service's address as the caller of this request writes it, without a slash at its end. */
function seenAt(request: FastifyRequest, { publicUrl, basePath }: Outside): string {
  return publicUrl ?? `${request.protocol}://${request.host}${basePath}`
}

const landingPage = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>oneclass</title><link rel="stylesheet" href="docs/style.css"></head><body><h1>oneclass</h1>
<p>Show it photos of one thing, then ask of any image whether it belongs. This service runs; see the <a href="docs">API reference</a>.</p></body></html>`

async function listFiles(folder: string, below = ''): Promise<string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(() => [])
  const found: string[] = []
  for (const entry of entries) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) found.push(...(await listFiles(folder, name)))
    else if (entry.isFile()) found.push(name)
  }
  return found
}
