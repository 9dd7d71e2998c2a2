/** Structured logs, one JSON object a line, on standard error. What they hold: ids, names, codes, times; never image content, never a key. */
import type { LogLevel } from './config.ts'

const rank: Record<LogLevel, number> = { silent: 60, fatal: 50, error: 40, warn: 30, info: 20, debug: 10 }

export type Log = (
  level: Exclude<LogLevel, 'silent'>,
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void

export function createLog(
  threshold: LogLevel,
  base: Readonly<Record<string, unknown>>,
  write: (line: string) => void = (line) => process.stderr.write(line),
): Log {
  return (level, message, fields) => {
    if (rank[level] < rank[threshold]) return
    write(`${JSON.stringify({ time: new Date().toISOString(), level, ...base, message, ...fields })}\n`)
  }
}
