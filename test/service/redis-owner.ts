/** A process that owns a private Redis, to be killed by the test. */
import { startPrivateRedis } from '../../src/service/private-redis.ts'

const server = await startPrivateRedis({ folder: process.argv[2]!, searchPath: process.env['PATH'] ?? '' })
process.send?.(server.pid())
setInterval(() => {}, 1000)
