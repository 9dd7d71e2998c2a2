/** Addresses in messages: whatever is secret in them is not shown. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { createLog } from '../../src/system/log.ts'
import { hideSecrets, withoutSecrets } from '../../src/system/secrets.ts'

test('names, passwords and tokens of an address are hidden, however they are written', () => {
  const shown: readonly (readonly [address: string, shown: string])[] = [
    ['https://example.org/hook', 'https://example.org/hook'],
    ['https://u:secret@example.org/hook', 'https://***@example.org/hook'],
    ['https://u:sec/ret@s@example.org', 'https://***@example.org'],
    ['ftp://secret@h', 'ftp://***@h'],
    ['u:secret@h:1', '***@h:1'],
    ['https://h/p?token=secret&to=secret#secret', 'https://h/p?token=***&to=***#***'],
    ['https://h/p?secret', 'https://h/p?***'],
    ['https://u:sec?ret@h', 'https://***'],
    ['https://h/p?to=secret@secret', 'https://***'],
  ]
  for (const [address, expected] of shown) assert.equal(withoutSecrets(address), expected)
})

test('what others say of an address stands in a log without its password', () => {
  const said = 'Request cannot be constructed from a URL that includes credentials: https://u:sec/re@t@h/p?a=1'
  assert.equal(hideSecrets(said), said.replace('u:sec/re@t', '***'))
  for (const isTerminal of [false, true]) {
    const lines: string[] = []
    createLog('info', {}, (text) => lines.push(text), isTerminal)('warn', said, { at: 'x', mail: 'a@b' })
    const [line = ''] = lines
    assert.doesNotMatch(line, /sec|re@/)
    assert.match(line, /a@b/)
    if (!isTerminal) assert.equal(JSON.parse(line).mail, 'a@b')
  }
})
