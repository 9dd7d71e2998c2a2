/** Wrong arguments of the library. */
import assert from 'node:assert/strict'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { fit, load, loadModels, models, readNpy, writeNpy } from '../../src/index.ts'
import { drawFolder } from '../support/command-line.ts'

const one = { rows: 1, cols: 1, data: Float64Array.of(1) }
let folder = ''
let home = ''
let paths: string[] = []
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneclass-arguments-'))
  home = join(folder, 'home')
  paths = await drawFolder(join(folder, 'train'), 12, 1)
  await fit(join(folder, 'train'), { name: 'part', home, patches: false })
})
after(() => rm(folder, { recursive: true, force: true }))

test('arguments are checked before any work, and the message says what was expected and received', async () => {
  const wrong: [() => Promise<unknown>, string, RegExp][] = [
    [() => fit(folder, { name: 7 as never, home }), 'INVALID_ARGUMENT', /Expected name .* received the number 7/],
    [() => fit(folder, { name: 'a/b', home }), 'MODEL_NAME_INVALID', /a\/b/],
    [() => fit(folder, { home } as never), 'INVALID_ARGUMENT', /Expected name .* received undefined/],
    [
      () => fit(folder, { name: 'x', home, alpha: '0.1' as never }),
      'INVALID_ARGUMENT',
      /Expected alpha .* the string "0\.1"/,
    ],
    [() => fit(folder, { name: 'x', home, alpha: 1.5 }), 'ALPHA_INVALID', /1\.5/],
    [() => fit(folder, { name: 'x', home, seed: -1 }), 'INVALID_ARGUMENT', /Expected seed .* -1/],
    [() => fit(folder, { name: 'x', home, range: { low: 3, high: 2 } }), 'INVALID_ARGUMENT', /range/],
    [
      () => fit(folder, { name: 'x', home, aplha: 0.1 } as never),
      'INVALID_ARGUMENT',
      /Expected the options .*alpha.* "aplha"/,
    ],
    [() => fit(folder, { name: 'x', home, detail: '2' as never }), 'INVALID_ARGUMENT', /detail .*auto, 1, 2, 3/],
    [() => fit(folder, { name: 'x', home, light: 'dark' as never }), 'INVALID_ARGUMENT', /light .*auto, as-is, even/],
    [() => fit(folder, { name: 'x', home, patches: false, detail: 2 }), 'INVALID_ARGUMENT', /"detail", or "patches"/],
    [() => fit(folder, { name: 'x', home, preprocess: 'none' }), 'INVALID_ARGUMENT', /embeddings/],
    [() => fit(folder, null as never), 'INVALID_ARGUMENT', /Expected options .* null/],
    [() => fit(7 as never, { name: 'x', home }), 'INVALID_ARGUMENT', /Expected the positives .* the number 7/],
    [() => fit(Buffer.alloc(3) as never, { name: 'x', home }), 'INVALID_ARGUMENT', /put it in a list/],
    [() => fit(createReadStream(paths[0]!) as never, { name: 'x', home }), 'INVALID_ARGUMENT', /put it in a list/],
    [() => fit([3 as never], { name: 'x', home }), 'INVALID_ARGUMENT', /Expected image 1 .* the number 3/],
    [() => fit(folder, { name: 'x', home, negatives: 3 as never }), 'INVALID_ARGUMENT', /Expected negatives/],
    [() => fit(join(folder, 'nowhere'), { name: 'x', home }), 'FOLDER_NOT_FOUND', /nowhere/],
    [() => load(3 as never, { home }), 'INVALID_ARGUMENT', /Expected the model .* the number 3/],
    [() => load('part', { home, alpha: 0 }), 'ALPHA_INVALID', /0/],
    [() => load('part@x', { home }), 'MODEL_NAME_INVALID', /part@x/],
    [() => loadModels('some' as never, { home }), 'INVALID_ARGUMENT', /"all"/],
    [() => models.set('part', { alpha: '0.1' as never, home }), 'INVALID_ARGUMENT', /Expected alpha/],
    [() => models.import(3 as never, { home }), 'INVALID_ARGUMENT', /model file/],
    [() => models.list({ home: 3 as never }), 'INVALID_ARGUMENT', /Expected home/],
  ]
  for (const [call, code, message] of wrong) {
    await assert.rejects(call(), { code, message })
  }
  const npy: [() => unknown, RegExp][] = [
    [() => readNpy('x' as never), /Expected the file to be its bytes .* the string "x"/],
    [() => writeNpy('x' as never), /Expected the matrix .* the string "x"/],
    [() => writeNpy(readNpy(writeNpy(one)), 'int8' as never), /Expected its type .* float32, float64 .* "int8"/],
  ]
  for (const [call, message] of npy) assert.throws(call, { code: 'INVALID_ARGUMENT', message })
  await using part = await load('part', { home })
  await assert.rejects(part.score(3 as never), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(part.score(new URL('http://x/y.jpg')), { code: 'INVALID_ARGUMENT', message: /fetch it/ })
  assert.throws(() => part.scoreAll([paths[0]!], { alpha: 'x' as never }), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(part.scoreFeatures([[1]] as never), { code: 'INVALID_ARGUMENT', message: /Float64Array/ })
})
