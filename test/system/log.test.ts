/** Logs: JSON for programs, a line to read at a terminal. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { createLog } from '../../src/system/log.ts'

test('a pipe gets one JSON object a line, a terminal a sentence without control characters; both keep the level', () => {
  const lines: string[] = []
  for (const isTerminal of [false, true]) {
    const log = createLog('info', { part: 'api', pid: 7 }, (line) => lines.push(line), isTerminal)
    log('debug', 'too much')
    log('warn', 'an image was left out', { image: 'a\u001b[2J\n.jpg', count: 2, reason: undefined })
  }
  const [piped = '', shown = ''] = lines
  const { time, ...entry } = JSON.parse(piped) as Record<string, unknown>
  assert.match(String(time), /^\d{4}-/)
  assert.deepEqual(entry, {
    level: 'warn',
    part: 'api',
    pid: 7,
    message: 'an image was left out',
    image: 'a\u001b[2J\n.jpg',
    count: 2,
  })
  assert.match(shown, /^\d\d:\d\d:\d\d warn {2}api: an image was left out \(image a\?\[2J\?\.jpg, count 2\)\n$/)
  assert.equal(lines.length, 2)
})
