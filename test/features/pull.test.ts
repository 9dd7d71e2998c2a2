import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import type { CatalogueEntry } from '../../src/features/catalogue/catalogue.ts'
import { download } from '../../src/features/catalogue/download.ts'
import { pullBackbone } from '../../src/features/catalogue/pull.ts'
import { openBackbone } from '../../src/features/registry.ts'
import { proxyFor } from '../../src/system/proxy.ts'
import { sha256 } from '../../src/system/sha256.ts'
import { meanColourNetwork } from '../support/networks.ts'

const network = meanColourNetwork({ classifier: true, output: 'probabilities' })
let server: Server
let base = ''
let requests: IncomingMessage[] = []
let answer: (request: IncomingMessage, response: ServerResponse) => void
let home = ''

before(async () => {
  server = createServer((request, response) => {
    requests.push(request)
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'oneclass-pull-'))
  requests = []
  answer = serveRanges(network)
})
afterEach(() => rm(home, { recursive: true }))

function serveRanges(body: Uint8Array) {
  return (request: IncomingMessage, response: ServerResponse) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    if (from >= body.length) return response.writeHead(416).end()
    const headers = {
      'content-length': body.length - from,
      'content-range': `bytes ${from}-${body.length - 1}/${body.length}`,
    }
    response.writeHead(from > 0 ? 206 : 200, headers).end(body.subarray(from))
  }
}

function entry(changes: Partial<CatalogueEntry> = {}): CatalogueEntry {
  const input = {
    width: 8,
    height: 8,
    layout: 'NCHW',
    channels: 'RGB',
    resize: 'stretch',
    mean: [0, 0, 0],
    std: [1, 1, 1],
  } as const
  return {
    id: 'tiny',
    url: `${base}/tiny.onnx`,
    sha256: sha256(network),
    bytes: network.length,
    license: 'MIT',
    dim: 4,
    description: '',
    input,
    ...changes,
  }
}

async function onceStored(bytes: number): Promise<void> {
  const folder = join(home, 'backbones', '.downloads')
  for (;;) {
    for (const name of await readdir(folder).catch(() => [])) {
      if ((await stat(join(folder, name))).size >= bytes) return
    }
    await new Promise((wake) => setTimeout(wake, 10))
  }
}

const pull = (changes: Partial<CatalogueEntry> = {}, options = {}) =>
  pullBackbone('tiny', { home, entries: [entry(changes)], ...options })

describe('pullBackbone', () => {
  it('makes a backbone that can be opened, and fetches it once', async () => {
    const progress: [number, number | undefined][] = []
    const pulled = await pull({}, { onProgress: (...step: [number, number | undefined]) => progress.push(step) })
    assert.equal(pulled.already, false)
    assert.deepEqual(pulled.manifest.outputs.embedding, { name: 'features', dim: 4 })
    assert.deepEqual(progress.at(-1), [network.length, network.length])
    const backbone = await openBackbone('tiny', { home, threads: 1 })
    assert.equal(backbone.dim, 4)
    await backbone.close()
    assert.equal((await pull()).already, true)
    assert.equal(requests.length, 1)
    assert.deepEqual(await readdir(join(home, 'backbones', '.downloads')), [])
  })

  it('keeps the hash of the first download where none is known', async () => {
    const { manifest } = await pull({ sha256: null })
    assert.equal(manifest.sha256, sha256(network))
  })

  it('goes on where a connection broke off', async () => {
    let first = true
    answer = (request, response) => {
      if (!first) return serveRanges(network)(request, response)
      first = false
      response.writeHead(200, { 'content-length': network.length })
      response.write(network.subarray(0, 200))
      // only when the bytes are on the disk: a connection that breaks off earlier may lose them on the way
      void onceStored(200).then(() => response.destroy())
    }
    await pull()
    assert.equal(requests[1]?.headers.range, 'bytes=200-')
  })

  it('goes on where an earlier run was stopped, and begins again when what is there is something else', async () => {
    const part = join(home, 'backbones', '.downloads', 'tiny.onnx.part')
    await mkdir(join(home, 'backbones', '.downloads'), { recursive: true })
    await writeFile(part, network.subarray(0, 100))
    await pull()
    assert.equal(requests[0]?.headers.range, 'bytes=100-')
    for (const rubbish of [
      Buffer.alloc(100, 7),
      Buffer.alloc(network.length, 7),
      Buffer.alloc(network.length + 9, 7),
    ]) {
      await rm(join(home, 'backbones', 'tiny'), { recursive: true })
      await writeFile(part, rubbish)
      assert.equal((await pull()).manifest.sha256, sha256(network))
    }
  })

  it('takes the whole file from a server that knows no ranges', async () => {
    await mkdir(join(home, 'backbones', '.downloads'), { recursive: true })
    await writeFile(join(home, 'backbones', '.downloads', 'tiny.onnx.part'), network.subarray(0, 100))
    answer = (_, response) => response.writeHead(200).end(network)
    assert.equal((await pull()).manifest.bytes, network.length)
  })

  it('refuses a file of another hash, and one that is no network', async () => {
    const rejected = { code: 'DOWNLOAD_FAILED', message: /sha256/ }
    await assert.rejects(pull({ sha256: '0'.repeat(64) }), rejected)
    assert.equal(requests.length, 3)
    answer = serveRanges(Buffer.from('<html>please sign in</html>'))
    await assert.rejects(pull({ sha256: null }), { code: 'DOWNLOAD_FAILED', message: /not the expected network/ })
    assert.equal(await stat(join(home, 'backbones', 'tiny')).catch(() => 'none'), 'none')
  })

  it('says what the server answered', async () => {
    answer = (_, response) => response.writeHead(404).end()
    await assert.rejects(pull(), { code: 'DOWNLOAD_FAILED', message: /404/ })
    assert.equal(requests.length, 1)
    answer = (_, response) => response.writeHead(503).end()
    await assert.rejects(pull(), { code: 'DOWNLOAD_FAILED', message: /503/ })
    assert.equal(requests.length, 4)
  })

  it('gives up on a server that falls silent, and on one that is not there', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-length': 1000 }).write('x')
    await assert.rejects(pull({}, { timeoutMs: 300, attempts: 1 }), { code: 'DOWNLOAD_FAILED' })
    const closed = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => closed.once('listening', resolve))
    const gone = { url: `http://127.0.0.1:${(closed.address() as AddressInfo).port}/x.onnx` }
    await new Promise((resolve) => closed.close(resolve))
    await assert.rejects(pull(gone, { attempts: 1 }), {
      code: 'DOWNLOAD_FAILED',
      message: /cannot be reached.*as the backbone/,
    })
  })

  it('can be cancelled, and knows no other names', async () => {
    const controller = new AbortController()
    answer = (_, response) => response.writeHead(200, { 'content-length': 1000 }).write('x', () => controller.abort())
    await assert.rejects(pull({}, { signal: controller.signal }), { code: 'CANCELLED' })
    await assert.rejects(pullBackbone('other', { home, entries: [entry()] }), {
      code: 'BACKBONE_NOT_FOUND',
      message: /tiny/,
    })
  })
})

describe('proxies', () => {
  it('carries a download', async () => {
    const tunnels: string[] = []
    const proxy = createServer()
    proxy.on('connect', (request, socket, head) => {
      tunnels.push(request.url ?? '')
      const [host, port] = (request.url ?? '').split(':')
      const upstream = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
        upstream.write(head)
        upstream.pipe(socket).pipe(upstream)
      })
      for (const end of [upstream, socket]) end.on('error', () => end.destroy())
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    try {
      const http = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
      const hash = await download(`${base}/file`, join(home, 'file'), { sha256: null, proxies: { http } })
      assert.equal(hash, sha256(network))
      assert.deepEqual(tunnels, [base.slice('http://'.length)])
      await download(`${base}/file`, join(home, 'other'), { sha256: null, proxies: { http, none: '127.0.0.1' } })
      assert.equal(tunnels.length, 1)
    } finally {
      proxy.closeAllConnections()
      proxy.close()
    }
  })

  it('are chosen by scheme and host', () => {
    const proxies = { https: 'http://p:1', http: 'q:2', none: 'localhost, .corp.example,direct.org:8080' }
    assert.equal(proxyFor('https://a.com/x', proxies), 'http://p:1')
    assert.equal(proxyFor('http://a.com/x', proxies), 'http://q:2')
    assert.equal(proxyFor('https://x.corp.example/', proxies), undefined)
    assert.equal(proxyFor('https://notcorp.example/', proxies), 'http://p:1')
    assert.equal(proxyFor('http://localhost:99/', proxies), undefined)
    assert.equal(proxyFor('http://direct.org:8080/', proxies), undefined)
    assert.equal(proxyFor('http://direct.org/', proxies), 'http://q:2')
    assert.equal(proxyFor('https://a.com/', { ...proxies, none: '*' }), undefined)
    assert.equal(proxyFor('https://a.com/', {}), undefined)
  })
})
