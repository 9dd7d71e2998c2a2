/** A model fitted again: from what is kept of it, or with another network from the images themselves. */
import assert from 'node:assert/strict'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { drawFolder, runCommand } from '../support/command-line.ts'

const folder = await mkdtemp(join(tmpdir(), 'oneclass-refit-'))
after(() => rm(folder, { recursive: true, force: true }))
const home = join(folder, 'home')
const run = (...args: string[]) => runCommand(args, { cwd: folder, home })
const refit = async (...args: string[]) => JSON.parse((await run('fit', '--from-model', ...args, '--json')).out)

await drawFolder(join(folder, 'parts'), 24, 3)
assert.equal(
  (await run('fit', 'parts', '--name', 'part', '--backbone', 'oc-s2', '--no-patches', '--alpha', '0.08')).status,
  0,
)

test('another network fits the same images where they lie, with the same alpha', async () => {
  const next = await refit('part', '--backbone', 'oc-s3', '--no-patches')
  assert.deepEqual([next.model, next.backbone.id, next.n, next.alpha], ['part@2', 'oc-s3', 24, 0.08])
})

test('images that were moved are found by --from-model NAME DIR, and missed with the way out', async () => {
  await rename(join(folder, 'parts'), join(folder, 'moved'))
  const { status, err } = await run('fit', '--from-model', 'part@1', '--backbone', 'oc-s3')
  assert.equal(status, 1)
  assert.match(err, /IMAGE_NOT_FOUND.*24 of 24 are not there.*oneclass fit DIR --from-model part@1/s)
  const here = await run('fit', 'home', '--from-model', 'part@1')
  assert.match(
    here.err,
    /IMAGE_NOT_FOUND.*looked for by their names in "home": 24 of 24 are not there.*or none to fit/s,
  )
  assert.doesNotMatch(here.err, /another network/)
  const next = await refit('part@1', 'moved', '--name', 'again', '--backbone', 'oc-s3', '--no-patches')
  assert.deepEqual([next.model, next.backbone.id, next.n], ['again@1', 'oc-s3', 24])
})

test('with its own network a model needs no image', async () => {
  const next = await refit('part@1', '--seed', '9')
  assert.deepEqual([next.model, next.backbone.id, next.n, next.seed], ['part@3', 'oc-s2', 24, 9])
  const { status, err } = await run('fit', '--from-model', 'part', '--features', 'x.npy')
  assert.equal(status, 1)
  assert.match(err, /Expected --from-model or --features, not both/)
})
