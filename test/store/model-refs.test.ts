import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expandRefs } from '../../src/store/model-refs.ts'
import type { Model } from '../../src/wire/model.ts'

const inUse: Record<string, number> = { few: 1, many: 3 }
const registry = {
  async info(ref: string) {
    const [name = '', version] = ref.split('@')
    if (inUse[name] === undefined) throw new Error('no such model')
    return { name, version: Number(version ?? inUse[name]) } as Model
  },
  list: async () => [],
}

test('a model that is named twice, with and without its version, counts once, by its first name', async () => {
  assert.deepEqual(await expandRefs(registry, ['few', 'few@1', 'few']), ['few'])
  assert.deepEqual(await expandRefs(registry, ['many@3', 'few', 'many', 'many@2']), ['many@3', 'few', 'many@2'])
  // whoever opens them says that they are not there
  assert.deepEqual(await expandRefs(registry, ['none', 'none@1']), ['none', 'none@1'])
})
