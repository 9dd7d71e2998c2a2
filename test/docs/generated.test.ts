import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test from 'node:test'
import { errorTable, OneclassError } from '../../src/errors.ts'
import { generatedDocs } from '../support/generated-docs.ts'

test('what docs say of errors and limits is what the tables say', async () => {
  for (const [path, text] of await generatedDocs())
    assert.equal(await readFile(path, 'utf8'), text, `${path}: node dist/test/support/write-docs.js writes it again`)
})

test('an error that may pass blames the service or says when to come back; one about an image is never one of these', () => {
  for (const code of Object.keys(errorTable) as (keyof typeof errorTable)[]) {
    const { status, retry, blames } = errorTable[code]
    const error = new OneclassError(code, 'x')
    assert.equal(error.isPassing, retry === 'again' && blames === 'service', code)
    if (code.startsWith('IMAGE_')) assert.deepEqual([error.isPassing, status < 500], [false, true], code)
    if (status === 429) assert.equal(retry, 'again', code)
  }
})
