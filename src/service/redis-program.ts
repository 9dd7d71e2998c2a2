/** The redis-server of this machine: where it lies, and how ours is set up. */
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { OneclassError } from '../errors.ts'

/** @param path a PATH. @throws REDIS_NOT_INSTALLED */
export async function findRedisServer(path: string): Promise<string> {
  for (const folder of path.split(delimiter)) {
    if (folder === '') continue
    for (const name of ['redis-server', 'valkey-server']) {
      const candidate = join(folder, name)
      try {
        await access(candidate, constants.X_OK)
        return candidate
      } catch {
        // next
      }
    }
  }
  throw new OneclassError(
    'REDIS_NOT_INSTALLED',
    'No redis-server is on the PATH. Install it ("apt-get install redis-server", "dnf install redis", "brew install redis"), or give the address of one with --redis redis://host:6379.',
  )
}

/** The text of its `redis.conf`. */
export function configuration(folder: string, port: number, password: string, maxMemoryMb: number): string {
  const quoted = folder.replaceAll('\\', '\\\\').replaceAll('"', '\\"')
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    'protected-mode yes',
    `requirepass ${password}`,
    `dir "${quoted}"`,
    `pidfile "${join(quoted, 'redis.pid')}"`,
    'appendonly yes',
    'appendfsync everysec',
    'auto-aof-rewrite-percentage 100',
    'auto-aof-rewrite-min-size 64mb',
    'save ""',
    'maxmemory-policy noeviction',
    `maxmemory ${maxMemoryMb}mb`,
    'daemonize no',
    'loglevel notice',
    '',
  ].join('\n')
}

/** A loopback port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}
