/** Images that the earlier version has already: left out, counted, and refused where they are all there is, however they come in. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { fit, models } from '../../src/index.ts'
import { type FitModelOptions, fitModel } from '../../src/pipeline/fit-model.ts'
import { drawParts } from '../support/parts.ts'

let home = ''
let parts: { name: string; bytes: Uint8Array }[]
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'oneclass-nothing-'))
  parts = (await drawParts(1, 26)).parts.map(({ name, bytes }) => ({ name, bytes }))
  await grow({ name: 'part', positives: parts.slice(0, 24), base: undefined })
})
after(() => rm(home, { recursive: true, force: true }))

const grow = (options: Partial<FitModelOptions>) =>
  fitModel({ home, name: 'grown', positives: undefined, base: 'part@1', patches: false, ...options })
const broken = { name: 'broken.jpg', bytes: Buffer.from('no image') }

test('a base and images of it: each counts once', async () => {
  const { model, fitted } = await grow({ positives: parts.slice(20) })
  assert.equal(model.n, 26)
  assert.deepEqual(model.growth, { base: 'part@1', kept: 24, added: 2, excluded: 0, repeated: 4 })
  assert.deepEqual(
    fitted.repeated,
    parts.slice(20, 24).map(({ name }) => name),
  )
  const again = await grow({ positives: parts.slice(20), skipRepeated: false })
  assert.equal(again.model.growth?.added, 6)
})

test('nothing to add is refused, unless something else changes', async () => {
  const known = parts.slice(0, 3)
  const refused = { code: 'INVALID_ARGUMENT', message: /Of 3 new images all are positives.*nothing to add/ }
  await assert.rejects(grow({ positives: known }), refused)
  await assert.rejects(
    fit(
      known.map(({ bytes }) => bytes),
      { home, name: 'grown', base: 'part@1' },
    ),
    refused,
  )
  await assert.rejects(grow({ positives: [...known, broken] }), {
    code: 'INVALID_ARGUMENT',
    message:
      /^Of 4 new images 3 are positives of the earlier version already and the others cannot be read \(.*\): there is nothing/,
  })
  assert.equal((await models.list({ home })).length, 3) // no version of it
  const less = await grow({ positives: known, exclude: [23] })
  assert.deepEqual(less.model.growth, { base: 'part@1', kept: 23, added: 0, excluded: 1, repeated: 3 })
  assert.equal((await grow({ positives: known, negatives: parts.slice(25) })).model.negatives, 1)
  assert.equal((await grow({ alpha: 0.2 })).model.n, 24)
})
