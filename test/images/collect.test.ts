import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { collect, collectImages } from '../../src/images/collect.ts'
import { readImage } from '../../src/images/read-image.ts'

describe('collectImages', () => {
  let folder = ''
  let outside = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oneclass-collect-'))
    outside = await mkdtemp(join(tmpdir(), 'oneclass-outside-'))
    await mkdir(join(folder, 'b', '.hidden'), { recursive: true })
    await mkdir(join(folder, 'empty'))
    for (const name of ['z.JPG', 'a.png', 'notes.txt', '.secret.png', 'b/c.webp', 'b/.hidden/d.png', 'b/e.heic']) {
      await writeFile(join(folder, name), '')
    }
    await writeFile(join(outside, 'o.png'), '')
    await symlink(folder, join(folder, 'b', 'loop'))
    await symlink(outside, join(folder, 'link'))
    await symlink(join(folder, 'gone.png'), join(folder, 'dangling.png'))
  })
  after(async () => {
    await rm(folder, { recursive: true })
    await rm(outside, { recursive: true })
  })

  const names = async (...args: Parameters<typeof collectImages>) =>
    (await collectImages(...args)).map(({ name }) => name)

  it('walks a folder in the order of names; hidden and other files left out, refused formats kept', async () => {
    const found = ['a.png', 'b/c.webp', 'b/e.heic', 'dangling.png', 'link/o.png', 'z.JPG']
    assert.deepEqual(await names(folder, { names: 'relative' }), found)
    assert.deepEqual(
      await names(folder),
      found.map((name) => join(folder, name)),
    )
  })

  it('leaves out links that lead out of the root, and refuses a path outside it', async () => {
    const found = await names(folder, { names: 'relative', root: folder })
    assert.deepEqual(found, ['a.png', 'b/c.webp', 'b/e.heic', 'dangling.png', 'z.JPG'])
    await assert.rejects(collectImages(outside, { root: folder }), { code: 'PATH_NOT_ALLOWED' })
    await assert.rejects(collectImages(join(folder, 'link'), { root: folder }), { code: 'PATH_NOT_ALLOWED' })
  })

  it('says what was left out, and what could not be looked at', async () => {
    const { failed, skipped } = await collect(folder, { names: 'relative' })
    assert.deepEqual(
      failed.map(({ image, error }) => [image, error.code]),
      [['b/loop', 'FOLDER_NOT_FOUND']],
    )
    assert.deepEqual(skipped, [
      { reason: 'hidden', count: 2, examples: ['.secret.png', 'b/.hidden'] },
      { reason: 'not an image', count: 1, examples: ['notes.txt'] },
    ])
  })

  it('takes a file whatever its ending', async () => {
    assert.deepEqual(await names(join(folder, 'notes.txt'), { names: 'relative' }), ['notes.txt'])
  })

  it('says what is missing', async () => {
    await assert.rejects(collectImages(join(folder, 'nowhere')), { code: 'FOLDER_NOT_FOUND', message: /nowhere/ })
    await assert.rejects(collectImages(join(folder, 'no.png')), { code: 'IMAGE_NOT_FOUND' })
    const address = 'https://me:secret@example.org/a.png'
    const shown = { code: 'IMAGE_NOT_FOUND', message: /^"https:\/\/example\.org\/a\.png" is an address/ }
    await assert.rejects(collectImages(address), shown)
    await assert.rejects(readImage({ name: address, path: address }), shown)
    await assert.rejects(collectImages(join(folder, 'empty')), { code: 'FOLDER_EMPTY' })
    await assert.rejects(collectImages(folder, { limit: 3 }), { code: 'INVALID_ARGUMENT' })
  })
})
