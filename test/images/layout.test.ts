import assert from 'node:assert/strict'
import test from 'node:test'
import { findLayout, isOfClass, isOfOthers } from '../../src/images/layout.ts'

const images = (...folders: string[]) =>
  folders.flatMap((folder) => [1, 2, 3].map((i) => `${folder}${folder && '/'}${i}.jpg`))
const learnt = (...folders: string[]) => {
  const names = images(...folders)
  const layout = findLayout(names)
  const kept = new Set(names.filter(isOfClass(layout)).map((name) => name.slice(0, name.lastIndexOf('/') + 1)))
  return { kept: [...kept].sort(), negative: layout.negative, note: layout.note }
}

test('the root of a data set: only its positives are learnt, and that is said', () => {
  for (const [folders, kept, negative] of [
    [['positive', 'negative'], ['positive/'], ['negative']],
    [['Good', 'NG'], ['Good/'], ['NG']],
    [['ok', 'not_ok'], ['ok/'], ['not_ok']],
    [['good', 'crack', 'scratch'], ['good/'], ['crack', 'scratch']],
    [['hotdog', 'not_hotdog'], ['hotdog/'], ['not_hotdog']],
    [['train/positive', 'train/negative', 'test/positive', 'test/negative'], ['train/positive/'], ['train/negative']],
    [['train/good', 'test/good', 'test/hole', 'ground_truth/hole'], ['train/good/'], []],
    [['', 'negative'], [''], ['negative']],
    [['positive/a', 'positive/b', 'negative/c'], ['positive/a/', 'positive/b/'], ['negative']],
  ] as const) {
    const found = learnt(...folders)
    assert.deepEqual(found.kept, kept, folders.join())
    assert.deepEqual(found.negative, negative, folders.join())
    assert.match(found.note ?? '', /is learnt, \d+ images are left out/)
  }
})

test('one folder is the class, whatever its name: somebody chose it; and that is said', () => {
  for (const folder of ['bad', 'others', 'defects', 'no']) {
    const found = learnt(folder)
    assert.deepEqual(found.kept, [`${folder}/`])
    assert.match(found.note ?? '', new RegExp(`All images lie in ${folder}/: they are learnt, although`))
  }
  assert.equal(findLayout(images('good', 'bad')).left, 3)
})

test('named as a folder of negatives, the root of a data set gives its negatives only; any other folder all it has', () => {
  const taken = (names: readonly string[]) => names.filter(isOfOthers(findLayout(names)))
  assert.deepEqual(taken(images('good', 'crack', 'scratch')), images('crack', 'scratch'))
  assert.deepEqual(taken(images('cats', 'dogs', '')), images('cats', 'dogs', ''))
})

test('a class in folders of its own is one class: days, cameras, two sides of a thing', () => {
  for (const folders of [
    [''],
    ['monday', 'tuesday'],
    ['front', 'back'],
    ['positive'],
    ['good'],
    ['', 'more'],
    ['train'],
  ]) {
    const found = learnt(...folders)
    assert.equal(found.kept.length, folders.length, folders.join())
    assert.equal(found.note, undefined, folders.join())
  }
})
