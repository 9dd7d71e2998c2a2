import assert from 'node:assert/strict'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { keepFiles } from '../../src/system/kept-file.ts'

let base: string
before(async () => {
  base = await mkdtemp(join(tmpdir(), 'oneclass-kept-'))
})
after(async () => {
  await rm(base, { recursive: true, force: true })
})

test('a file is parsed once until it changes, whichever way', async () => {
  let parsed = 0
  const files = keepFiles((text) => {
    parsed++
    return JSON.parse(text) as unknown
  }, 2)
  const path = join(base, 'a.json')
  await assert.rejects(files.read(path), { code: 'ENOENT' })
  await writeFile(path, '[1]')
  assert.deepEqual(await files.read(path), [1])
  assert.deepEqual(await files.read(path), [1])
  assert.equal(parsed, 1)
  await writeFile(`${path}.new`, '[2]') // as long as before, put in its place
  await rename(`${path}.new`, path)
  assert.deepEqual(await files.read(path), [2])
  await writeFile(path, 'no json')
  await assert.rejects(files.read(path), SyntaxError)
  await writeFile(path, '[3]')
  assert.deepEqual(await files.read(path), [3])
  for (const name of ['b', 'c', 'd']) {
    await writeFile(join(base, name), '[0]')
    await files.read(join(base, name))
  }
  assert.deepEqual(await files.read(path), [3])
  await rm(path)
  await assert.rejects(files.read(path), { code: 'ENOENT' })
})
