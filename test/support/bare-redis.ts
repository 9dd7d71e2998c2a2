/** A redis-server as its operator set it up: with the settings that a test is about. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { freePorts } from './ports.ts'

export interface BareRedis {
  readonly port: number
  stop(): Promise<void>
}

/** @param settings as on its command line; `PORT` stands for its port, which is not set where they have one. Undefined where it does not start. */
export async function startBareRedis(...settings: readonly string[]): Promise<BareRedis | undefined> {
  const [port = 0] = await freePorts(1)
  const own = settings.includes('--port') ? [] : ['--port', String(port)]
  const given = settings.map((text) => (text === 'PORT' ? String(port) : text))
  const server = spawn('redis-server', ['--bind', '127.0.0.1', '--save', '', ...own, ...given], { stdio: 'ignore' })
  const ended = once(server, 'exit')
  for (let tries = 0; tries < 100; tries++) {
    if (server.exitCode !== null) return undefined
    if (await listens(port)) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    port,
    async stop() {
      server.kill('SIGKILL')
      await ended
    },
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
