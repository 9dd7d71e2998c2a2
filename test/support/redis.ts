/** A real redis-server for a test file, on a port and in a folder of its own. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PrivateRedis, startPrivateRedis } from '../../src/service/private-redis.ts'

export interface TestRedis extends PrivateRedis {
  readonly folder: string
  end(): Promise<void>
}

export async function startTestRedis(): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'oneclass-redis-'))
  const redis = await startPrivateRedis({ folder, searchPath: process.env['PATH'] ?? '', maxMemoryMb: 512 })
  return {
    ...redis,
    folder,
    async end() {
      await redis.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
