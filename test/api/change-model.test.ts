/** A change of several fields of a model is made as a whole, or not at all. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openRegistry } from '../../src/store/registry.ts'
import type { Model } from '../../src/wire/model.ts'
import { codeOf, startTestApi, type TestApi } from '../support/api.ts'

let api: TestApi
before(async () => {
  api = await startTestApi()
  const registry = openRegistry(api.home)
  const { artifact } = await registry.load('thing')
  for (const name of ['thing', 'taken']) await registry.save(name, artifact)
})
after(async () => {
  await api?.end()
})

const change = (name: string, body: object) => api.json(`/v1/models/${name}`, body, 'PATCH')
const state = async () =>
  (await openRegistry(api.home).list()).map(
    ({ name, version, alpha, serving }) => `${name}@${version} ${alpha}${serving ? ' in use' : ''}`,
  )

test('where one field is refused nothing is changed', async () => {
  const before = await state()
  assert.deepEqual(before, ['taken@1 0.05 in use', 'thing@2 0.05 in use', 'thing@1 0.05'])
  for (const [body, code] of [
    [{ use: 1, name: 'taken' }, 'CONFLICT'],
    [{ use: 1, name: 'taken', alpha: 0.2 }, 'CONFLICT'],
    [{ name: 'taken', alpha: 0.2 }, 'CONFLICT'],
    [{ use: 9, name: 'free' }, 'MODEL_NOT_FOUND'],
    [{ use: 9, alpha: 0.2 }, 'MODEL_NOT_FOUND'],
    [{ use: 9, name: 'free', alpha: 0.2 }, 'MODEL_NOT_FOUND'],
    [{ use: 1, alpha: 2 }, 'INVALID_ARGUMENT'],
    [{ use: 1, name: 'a..b' }, 'MODEL_NAME_INVALID'],
  ] as const) {
    assert.equal(await codeOf(await change('thing', body)), code, JSON.stringify(body))
    assert.deepEqual(await state(), before, JSON.stringify(body))
  }
})

test('all fields at once: the version that is in use afterwards gets the alpha', async () => {
  const response = await change('thing', { use: 1, name: 'renamed', alpha: 0.2 })
  assert.equal(response.status, 200)
  const { name, version, alpha, serving } = (await response.json()) as Model
  assert.deepEqual({ name, version, alpha, serving }, { name: 'renamed', version: 1, alpha: 0.2, serving: true })
  assert.deepEqual(await state(), ['renamed@2 0.05', 'renamed@1 0.2 in use', 'taken@1 0.05 in use'])
  assert.equal((await change('renamed', { use: 2, name: 'renamed' })).status, 200)
  assert.deepEqual(await state(), ['renamed@2 0.05 in use', 'renamed@1 0.2', 'taken@1 0.05 in use'])
})
