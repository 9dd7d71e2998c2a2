import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { lookInto, readBelow, readListed, resolveBelow } from '../../src/service/local-files.ts'

let base: string
let root: string
before(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'oneclass-files-')))
  root = join(base, 'served')
  await mkdir(join(root, 'in'), { recursive: true })
  await mkdir(join(base, 'served-not'))
  await writeFile(join(root, 'in', 'a.jpg'), 'inside')
  await writeFile(join(base, 'secret.jpg'), 'outside')
  await writeFile(join(base, 'served-not', 'b.jpg'), 'outside')
  await symlink(join(base, 'secret.jpg'), join(root, 'in', 'link.jpg'))
  await symlink(base, join(root, 'out'))
  await symlink(join(root, 'in', 'a.jpg'), join(root, 'fine.jpg'))
  await writeFile(join(root, 'big.jpg'), Buffer.alloc(2000))
  execFileSync('mkfifo', [join(root, 'pipe.jpg')])
})
after(async () => {
  await rm(base, { recursive: true, force: true })
})

const read = (path: string, roots = [root]) => readBelow(path, path, roots, 1000)

test('below the root, by link too', async () => {
  assert.equal((await read(join(root, 'in', 'a.jpg'))).toString(), 'inside')
  assert.equal((await read(join(root, 'fine.jpg'))).toString(), 'inside')
  assert.equal((await read(`${root}/in/../in/./a.jpg`)).toString(), 'inside')
})

test('out of the root: by dots, by links, by a name that begins the same, by nothing served', async () => {
  const bad = [
    `${root}/../secret.jpg`,
    join(root, 'in', 'link.jpg'),
    join(root, 'out', 'secret.jpg'),
    join(base, 'served-not', 'b.jpg'),
    '/etc/passwd',
    `${root}/in/a.jpg\0.png`,
    `${root}/../none.jpg`,
    'secret.jpg',
  ]
  for (const path of bad) await assert.rejects(read(path), { code: 'PATH_NOT_ALLOWED' }, path)
  await assert.rejects(read(join(root, 'in', 'a.jpg'), []), { code: 'PATH_NOT_ALLOWED' })
  for (const folder of [`${root}/..`, '/etc', join(root, 'out'), join(base, 'served-not')]) {
    await assert.rejects(resolveBelow(folder, [root], 'FOLDER_NOT_FOUND'), { code: 'PATH_NOT_ALLOWED' }, folder)
  }
})

test('a root that is reached by a link serves under both names', async () => {
  const other = join(base, 'other-name')
  await symlink(root, other)
  assert.equal((await read(join(other, 'in', 'a.jpg'))).toString(), 'inside')
  assert.equal(await resolveBelow(join(other, 'in'), [root], 'FOLDER_NOT_FOUND'), join(root, 'in'))
})

test('outside, what is there and what is not look the same', async () => {
  const messages = await Promise.all(
    ['/etc/passwd', '/etc/none', '/etc/shadow'].map((path) =>
      read(path).catch((error: Error) => error.message.replace(path, '')),
    ),
  )
  assert.deepEqual(new Set(messages).size, 1)
})

test('missing, too large, no file, a pipe that nobody writes to', async () => {
  await assert.rejects(read(join(root, 'none.jpg')), { code: 'IMAGE_NOT_FOUND' })
  await assert.rejects(read(join(root, 'big.jpg')), { code: 'IMAGE_TOO_LARGE' })
  await assert.rejects(read(join(root, 'in')), { code: 'IMAGE_NOT_FOUND' })
  await assert.rejects(read(join(root, 'pipe.jpg')), { code: 'IMAGE_NOT_FOUND' })
  await assert.rejects(resolveBelow(join(root, 'none'), [root], 'FOLDER_NOT_FOUND'), { code: 'FOLDER_NOT_FOUND' })
})

test('a folder lists what lies in it, and not where links lead out', async () => {
  assert.deepEqual(
    (await lookInto(root, [root], 100)).images.filter((name) => !name.includes('pipe')),
    ['big.jpg', 'fine.jpg', 'in/a.jpg'],
  )
  await assert.rejects(lookInto(root, [root], 1), { code: 'INVALID_ARGUMENT' })
})

test('what a folder lists is read by that name: bytes that are no UTF-8, and why a folder was not entered', async () => {
  const odd = join(base, 'odd')
  await mkdir(odd)
  const latin = (name: string) => Buffer.from(`${odd}/${name}`, 'latin1')
  await writeFile(latin('caf\xe9.jpg'), 'latin')
  await mkdir(latin('\xfc'))
  await writeFile(latin('\xfc/a.jpg'), 'below')
  await writeFile(join(odd, '\\xE8.jpg'), 'as it stands')
  await symlink(join(base, 'secret.jpg'), latin('\xe7.jpg'))
  await symlink('..', join(odd, 'up'))
  const outcomes = async (root: string) => {
    const names = [...(await lookInto(odd, [root], 100)).images, '\\xE7.jpg', '\\xE9.jpg', '\\x2E\\x2E/secret.jpg']
    return await Promise.all(
      names.map(async (name) => [name, await readListed(odd, name, [root], 100).then(String, ({ code }) => code)]),
    )
  }
  assert.deepEqual(await outcomes(odd), [
    ['\\xE8.jpg', 'as it stands'],
    ['\\xFC/a.jpg', 'below'],
    ['caf\\xE9.jpg', 'latin'],
    ['\\xE7.jpg', 'PATH_NOT_ALLOWED'],
    ['\\xE9.jpg', 'IMAGE_NOT_FOUND'],
    ['\\x2E\\x2E/secret.jpg', 'IMAGE_NOT_FOUND'],
  ])
  await symlink(odd, join(odd, 'again'))
  await assert.rejects(readListed(odd, 'again', [odd], 100), { code: 'FOLDER_NOT_FOUND', message: /circle/ })
})
