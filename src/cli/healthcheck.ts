/**
 * The health check of a container: exit status 0 where the service answers, or the worker was ready and lives; else 1, and why on
 * standard error.
 */
import { readConfig } from '../system/config.ts'
import { checkHealth } from './health-file.ts'

const wrong = await checkHealth(readConfig().healthFile)
if (wrong !== undefined) process.stderr.write(`${wrong}\n`)
process.exit(wrong === undefined ? 0 : 1)
