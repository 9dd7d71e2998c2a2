import assert from 'node:assert/strict'
import { createServer } from 'node:net'

/** Ports of 127.0.0.1 that nobody listens on. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  for (const server of servers) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  for (const server of servers) await new Promise((resolve) => server.close(resolve))
  return ports
}

/** Asks ten times a second, for a minute at least, until it is so; an error counts as no. */
export async function eventually(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isSo().catch(() => false)); tries++) {
    assert.ok(tries < 600, `never so: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
