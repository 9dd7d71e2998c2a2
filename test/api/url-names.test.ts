/** Names in URLs: asked of the name servers without taking threads that read files. */
import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { fetchImage } from '../../src/api/url-fetch.ts'

async function nameServer(t: TestContext, answer: (query: Buffer) => Buffer | undefined): Promise<string> {
  const socket: Socket = createSocket('udp4')
  socket.on('message', (query, { port, address }) => {
    const text = answer(query)
    if (text) socket.send(text, port, address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  t.after(() => socket.close())
  return `127.0.0.1:${socket.address().port}`
}

/** RFC 1035: the question again, with one address for a question of type A and none for others. */
function answered(query: Buffer): Buffer {
  const isA = query.readUInt16BE(query.indexOf(0, 12) + 1) === 1
  const question = query.subarray(12, query.indexOf(0, 12) + 5)
  const head = Buffer.from([query[0]!, query[1]!, 0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0])
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1])
  return Buffer.concat([head, question, ...(isA ? [record] : [])])
}

test('a name is found with the name server', async (t) => {
  const server = createServer((_request, response) => response.end('bytes'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const url = `http://photos.example:${(server.address() as AddressInfo).port}/a.jpg`
  const options = { maxBytes: 100, timeoutMs: 10_000, nameServers: [await nameServer(t, answered)] }
  const bytes = await fetchImage(url, { ...options, isPublic: (address) => address === '127.0.0.1' })
  assert.equal(bytes.toString(), 'bytes')
  await assert.rejects(fetchImage(url, options), { code: 'URL_NOT_ALLOWED' })
})

test('names that no server answers for end in time, and files are read meanwhile', async (t) => {
  const options = { maxBytes: 100, timeoutMs: 1500, nameServers: [await nameServer(t, () => undefined)] }
  let ended = 0
  const asked = Array.from({ length: 20 }, (_, i) =>
    assert
      .rejects(fetchImage(`http://no${i}.example/a.jpg`, options), { code: 'URL_UNREACHABLE' })
      .finally(() => ended++),
  )
  assert.ok((await readFile('package.json')).length > 0)
  assert.equal(ended, 0)
  await Promise.all(asked)
})
