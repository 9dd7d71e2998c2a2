/**
 * Structured logs on standard error: one JSON object a line, and at a terminal a line to read. What they hold: ids, names,
 * codes, times; never image content, never a key.
 */
import type { LogLevel } from './config.ts'
import { hideSecrets } from './secrets.ts'

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
  isTerminal = process.stderr.isTTY === true,
): Log {
  const format = isTerminal ? readableLine : JSON.stringify
  return (level, message, fields) => {
    if (rank[level] < rank[threshold]) return
    write(`${hideSecrets(format({ time: new Date().toISOString(), level, ...base, message, ...fields }))}\n`)
  }
}

/** `12:03:04 info  api: listening (address http://127.0.0.1:3000)`; the date, the process and control characters are left out. */
function readableLine(entry: Readonly<Record<string, unknown>>): string {
  const { time, level, part, pid: _, message, ...fields } = entry
  const facts = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`],
  )
  const more = facts.length > 0 ? ` (${facts.join(', ')})` : ''
  const line = `${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${String(part ?? 'oneclass')}: ${String(message)}${more}`
  // biome-ignore lint/suspicious/noControlCharactersInRegex: names of images and callers may hold them, and a terminal obeys them
  return line.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '?')
}
