/** `oneclass serve` as a process of its own, which a test can kill and start again at the same address. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

export interface ServiceProcess {
  readonly address: string
  /** SIGKILL: no farewell. */
  kill(): Promise<void>
  /** SIGTERM, and the end of it. */
  stop(): Promise<void>
}

export async function startService(options: {
  home: string
  root: string
  port: number
  workers?: number
}): Promise<ServiceProcess> {
  const { home, root, port, workers = 1 } = options
  const args = ['serve', '--home', home, '--root', root, '--port', String(port), '--workers', String(workers)]
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ONECLASS_LOG: 'error', ONECLASS_JOB_LOCK_MS: '3000', REDIS_URL: '' },
  })
  let said = ''
  child.stderr.on('data', (bytes: Buffer) => {
    said += bytes
  })
  const address = `http://127.0.0.1:${port}`
  for (let tries = 0; ; tries++) {
    if (child.exitCode !== null || tries > 1500) {
      child.kill('SIGKILL')
      throw new Error(`the service does not start: ${said.slice(-2000)}`)
    }
    const isReady = await fetch(`${address}/readyz`).then(
      (response) => response.ok,
      () => false,
    )
    if (isReady) break
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return { address, kill: () => end(child, 'SIGKILL'), stop: () => end(child, 'SIGTERM') }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill(signal)
  await ended
}

/** A port that nobody listens on, to come back to after a kill. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
