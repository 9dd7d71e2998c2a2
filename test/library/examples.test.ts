/** The examples run as they are, on drawn images; `serve-client.ts` runs in `web/demo`. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { drawFolder, drawOthers } from '../support/command-line.ts'
import { runExample } from '../support/example.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneclass-examples-'))
  await drawFolder(join(folder, 'train/positive'), 20, 1)
  await drawFolder(join(folder, 'test/positive'), 8, 2)
  await drawOthers(join(folder, 'test/negative'), 8, 3)
})
after(() => rm(folder, { recursive: true, force: true }))

/** What an example must print, in this order, and the arguments it is given. */
const examples: [string, string[], RegExp[]][] = [
  [
    'fit-and-score',
    ['train/positive', 'test/negative'],
    [
      /^fitting: /m,
      /^thing@1: 20 photos; rejects 0\.\d+ to 0\.\d+ of good ones$/m,
      /other-000\.jpg: does not belong/,
      /^[5-8] of the others are rejected$/m,
      /^upload\.jpg: the same answer: true$/m,
      /^(a map of \d+ x \d+ cells|no map: this model looks at whole images only)$/m,
      /part-000\.jpg: (thing|none of these)$/m,
      /^MODEL_NOT_FOUND: /m,
    ],
  ],
  ['models', ['thing'], [/^thing@1 \(in use\), alpha/m, /^20 photos, worth/m, /thing-copy@1 has alpha 0\.1$/m]],
  ['embed', ['train/positive'], [/^20 images, \d+ numbers each, by oc-/m, /^\d+ of 20 rows are accepted$/m]],
  [
    'evaluate-and-compare',
    ['thing', 'test', 'test'],
    [/AUROC/, /^nearest-neighbour: done, AUROC/m, /^ensemble: done, AUROC [01]\.\d{3}$/m],
  ],
]

for (const [name, args, expected] of examples) {
  test(`examples/${name}.ts`, async () => {
    let said = await runExample(name, args, folder)
    for (const pattern of expected) {
      const at = said.search(pattern)
      assert.ok(at >= 0, `${pattern} is not in\n${said}`)
      said = said.slice(at)
    }
  })
}

test('every example is run by a test', async () => {
  const there = (await readdir('examples')).map((file) => file.replace(/\.ts$/, ''))
  assert.deepEqual(there.sort(), [...examples.map(([name]) => name), 'serve-client'].sort())
})
