/** The proxy examples of deploy/, run: page, docs, answers and streams below a path, with the callers' own addresses. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { readOutside } from '../../src/api/http/outside.ts'
import { OneclassError } from '../../src/errors.ts'
import { startTestApi, type TestApi } from '../support/api.ts'
import { freePort } from '../support/service.ts'

const find = (program: string): string | undefined =>
  ['/usr/sbin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin']
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path))

interface Proxy {
  readonly program: string
  /** Writes its settings into the folder; returns its arguments. */
  prepare(folder: string, port: number, target: number): Promise<string[]>
}

const proxies: readonly Proxy[] = [
  {
    program: 'nginx',
    async prepare(folder, port, target) {
      const example = (await readFile('deploy/nginx.conf', 'utf8')).replaceAll('127.0.0.1:3000', `127.0.0.1:${target}`)
      const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder};`)
      await writeFile(
        join(folder, 'nginx.conf'),
        `daemon off; pid ${folder}/pid; error_log stderr warn; events {}
http { access_log off; ${paths.join(' ')} server { listen 127.0.0.1:${port}; ${example} } }`,
      )
      return ['-c', join(folder, 'nginx.conf'), '-p', folder]
    },
  },
  {
    program: 'caddy',
    async prepare(folder, port, target) {
      const example = (await readFile('deploy/Caddyfile', 'utf8'))
        .replaceAll('127.0.0.1:3000', `127.0.0.1:${target}`)
        .replace(/^example\.org \{/m, `http://127.0.0.1:${port} {`)
      await writeFile(join(folder, 'Caddyfile'), `{\n\tadmin off\n\tauto_https off\n}\n${example}`)
      return ['run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')]
    },
  },
]

async function startProxy(t: TestContext, proxy: Proxy, program: string, target: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'oneclass-proxy-'))
  const port = await freePort()
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  const child = spawn(program, await proxy.prepare(folder, port, target), { stdio: ['ignore', 'ignore', 'pipe'], env })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += String(chunk)
  })
  t.after(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    if (said !== '') t.diagnostic(said)
    if (child.exitCode === null) {
      child.kill('SIGTERM')
      await ended
    }
    await rm(folder, { recursive: true, force: true })
  })
  const address = `http://127.0.0.1:${port}`
  for (let i = 0; i < 100; i++) {
    if (child.exitCode !== null) throw new Error(`${proxy.program} ended: ${said}`)
    if (await fetch(address).catch(() => undefined)) return address
    await sleep(100)
  }
  throw new Error(`${proxy.program} does not answer: ${said}`)
}

/** A page of the kind that the build makes: relative addresses only. */
async function startApi(t: TestContext): Promise<{ api: TestApi; key: string }> {
  const web = await mkdtemp(join(tmpdir(), 'oneclass-web-'))
  await mkdir(join(web, 'assets'))
  const built = existsSync('dist/web/index.html') ? 'dist/web' : web
  if (built === web) await writeFile(join(web, 'index.html'), '<!doctype html><title>oneclass</title>')
  const api = await startTestApi(
    {},
    {
      webFolder: built,
      isLoopback: false,
      outside: readOutside({ publicUrl: 'https://example.org/oneclass/', trustProxy: 'loopback' }),
    },
  )
  t.after(async () => {
    await api.end()
    await rm(web, { recursive: true, force: true })
  })
  const { key } = await api.service.keys.create('me', 'manage')
  return { api, key }
}

for (const proxy of proxies) {
  const program = find(proxy.program)
  test(`below a path of ${proxy.program}`, {
    skip: program ? false : `${proxy.program} is not installed`,
  }, async (t) => {
    const { api, key } = await startApi(t)
    const address = await startProxy(t, proxy, program!, Number(new URL(api.address).port))
    const base = `${address}/oneclass/`
    const headers = { authorization: `Bearer ${key}` }

    const page = await fetch(`${address}/oneclass`)
    assert.equal(page.status, 200)
    assert.equal(page.url, base, 'the path without its slash leads to the page')
    const links = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!)
    for (const link of links) {
      assert.ok(!link.startsWith('/'), `${link} leaves the path of the proxy`)
      assert.equal((await fetch(new URL(link, base))).status, 200, link)
    }
    const docs = await (await fetch(`${base}docs`)).text()
    assert.match(docs, /https:\/\/example\.org\/oneclass\/v1\/models/)
    assert.equal((await fetch(`${base}docs/style.css`)).status, 200)
    const document = (await (await fetch(`${base}openapi.json`)).json()) as { servers: { url: string }[] }
    assert.deepEqual(document.servers, [{ url: 'https://example.org/oneclass' }])

    assert.equal((await fetch(`${base}v1/models`)).status, 401, 'a proxy on this machine is not this machine')
    assert.equal((await fetch(`${base}v1/models`, { headers })).status, 200)
    const asked = await fetch(`${base}v1/models/thing/classify`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ base64: 'AAAA' }),
    })
    assert.equal(asked.status, 202)
    const location = asked.headers.get('location')!
    assert.match(location, /^\/oneclass\/v1\/jobs\/classify-/)
    assert.equal((await fetch(address + location, { headers })).status, 200, 'Location leads to the job')
    const board = await fetch(`${base}admin/queues`, { headers })
    assert.match(await board.text(), /href="\/oneclass\/admin\/queues\/"|\/oneclass\/admin\/queues\//)

    // events come while the job waits, not when the connection ends
    const events = await fetch(`${address}${location}/events`, { headers, signal: AbortSignal.timeout(20_000) })
    const reader = events.body!.getReader()
    const first = new TextDecoder().decode((await reader.read()).value)
    assert.match(first, /event:|data:/)
    await reader.cancel()
  })
}

test('a caller behind a trusted proxy is known by its own address, and nobody else can claim one', async (t) => {
  const { api } = await startApi(t)
  const fail = (ip: string) =>
    fetch(api.url('/v1/models'), { headers: { authorization: 'Bearer oc_wrong_key', 'x-forwarded-for': ip } })
  let limited = 0
  for (let i = 0; i < 20; i++) if ((await fail('203.0.113.9')).status === 429) limited++
  assert.ok(limited > 0, 'twenty wrong keys of one caller')
  assert.equal((await fail('203.0.113.10')).status, 401, 'another caller is not limited with it')
})

test('--public-url, --base-path and --trust-proxy are read whole or refused', () => {
  assert.deepEqual(readOutside({}), { basePath: '', publicUrl: undefined, trustedProxies: [] })
  assert.deepEqual(readOutside({ publicUrl: 'https://a.example/x/y/', trustProxy: '10.0.0.0/8, ::1' }), {
    basePath: '/x/y',
    publicUrl: 'https://a.example/x/y',
    trustedProxies: ['10.0.0.0/8', '::1'],
  })
  assert.equal(readOutside({ basePath: '/oneclass/' }).basePath, '/oneclass')
  for (const wrong of [
    { publicUrl: 'example.org' },
    { publicUrl: 'ftp://example.org/' },
    { publicUrl: 'https://example.org/?a' },
    { basePath: 'oneclass' },
    { basePath: '/a b/' },
    { basePath: '/../x' },
    { trustProxy: 'everybody' },
    { trustProxy: '10.0.0.0/33' },
  ]) {
    assert.throws(
      () => readOutside(wrong),
      (error) => error instanceof OneclassError && error.code === 'INVALID_ARGUMENT',
      JSON.stringify(wrong),
    )
  }
})
