/** A service that ends does not wait for connections on which nothing is asked. */
import assert from 'node:assert/strict'
import { Agent, get, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import test from 'node:test'
import { startTestApi } from '../support/api.ts'

// without the end of each, the service would wait for its timeouts, more than a minute
test('connections that asked nothing, that are kept, and one whose stream is cut end with the service', {
  timeout: 40_000,
}, async (t) => {
  const api = await startTestApi()
  let end: Promise<void> | undefined
  t.after(() => (end ??= api.end()))
  const { port } = new URL(api.address)
  const silent = connect(Number(port), '127.0.0.1')
  await new Promise((resolve) => silent.once('connect', resolve))
  const sockets: Socket[] = [silent]
  const agent = new Agent({ keepAlive: true })
  const begin = (path: string) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const answered = (response: IncomingMessage) => {
        sockets.push(response.socket)
        resolve(response)
      }
      get(api.url(path), { agent }, answered).on('error', reject)
    })
  const kept = await begin('/v1/models')
  kept.resume()
  const asked = await api.json('/v1/models/thing/classify', { base64: 'AAAA' })
  const { id } = (await asked.json()) as { id: string }
  const stream = await begin(`/v1/jobs/${id}/events`)
  const first = await new Promise((resolve) => stream.once('data', resolve))
  assert.match(String(first), /event: job/)
  const ended = sockets.map((socket) => socket.destroyed || new Promise((resolve) => socket.once('close', resolve)))
  stream.resume()
  stream.on('error', () => {})
  silent.resume()
  end = api.end()
  await end
  await Promise.all(ended)
  agent.destroy()
})
