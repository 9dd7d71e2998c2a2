/** A network of the user's own, a file without a manifest and without maps: whole images are judged by it, and what needs maps is refused. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { drawFolder, type Json, runCommand } from '../support/command-line.ts'
import { meanColourNetwork } from '../support/networks.ts'
import { temporaryFolder } from '../support/temporary.ts'

test('a network without maps is fitted, also on enough images to choose by, and scores', async (t) => {
  const cwd = await temporaryFolder(t)
  const run = (...args: string[]) => runCommand(args, { cwd, home: join(cwd, 'home') })
  await writeFile(join(cwd, 'own.onnx'), meanColourNetwork({ side: 16 }))
  await drawFolder(join(cwd, 'few'), 20, 1)
  await drawFolder(join(cwd, 'many'), 64, 2)
  for (const folder of ['few', 'many']) {
    const fitted = await run('fit', folder, '--name', folder, '--backbone', 'own.onnx', '--json')
    assert.equal(fitted.status, 0, fitted.err)
    assert.equal((JSON.parse(fitted.out) as Json)['dim'], 4)
  }
  const scored = await run('score', 'few', '--model', 'many', '--format', 'jsonl')
  assert.equal(scored.status, 0, scored.err)
  assert.equal(scored.out.trim().split('\n').length, 20)
  const even = await run('fit', 'few', '--name', 'even', '--backbone', 'own.onnx', '--light', 'even')
  assert.equal(even.status, 0, even.err)
  const closer = await run('fit', 'few', '--name', 'closer', '--backbone', 'own.onnx', '--detail', '2')
  assert.equal(closer.status, 1)
  assert.match(closer.err, /INVALID_ARGUMENT: The network "own" gives no maps/)
})
