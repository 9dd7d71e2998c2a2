/** A full disk: no half of a file stays, nobody waits for a lock that nobody holds, and what makes room works. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { type FileHandle, mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import type { OneclassError } from '../../src/errors.ts'
import { openRegistry } from '../../src/store/registry.ts'
import { writeOutput } from '../../src/system/files.ts'
import { withLock } from '../../src/system/lock.ts'
import { writeSynced, writeWhole } from '../../src/system/whole-file.ts'

let folder = ''
let handles: FileHandle
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneclass-full-'))
  const file = await open(folder, 'r')
  handles = Object.getPrototypeOf(file) as FileHandle
  await file.close()
})
after(() => rm(folder, { recursive: true, force: true }))

/** Files can be made from now on, and nothing be written into them. */
const fillDisk = (t: TestContext) =>
  t.mock.method(handles, 'writeFile', async (data: string) => {
    if (data.length > 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  })

test('a write that fails leaves no file, and the one that was there as it was', async (t) => {
  fillDisk(t)
  const path = join(folder, 'new')
  await assert.rejects(writeSynced(path, 'text'), { code: 'ENOSPC' })
  await assert.rejects(writeWhole(path, 'text'), { code: 'ENOSPC' })
  assert.deepEqual(await readdir(folder), [])
  t.mock.restoreAll()
  await writeSynced(path, 'text')
  await assert.rejects(writeSynced(path, 'other'), { code: 'EEXIST' })
  assert.deepEqual(await readdir(folder), ['new'], 'what was there before stays')
  await rm(path)
})

test('a lock is an empty file then, which one holds at a time, and which is gone afterwards', async (t) => {
  fillDisk(t)
  const path = join(folder, 'some.lock')
  let [inside, most] = [0, 0]
  const work = async (lock: { assertHeld(): Promise<void> }) => {
    most = Math.max(most, ++inside)
    await new Promise((resolve) => setTimeout(resolve, 20))
    await lock.assertHeld()
    inside--
  }
  const started = Date.now()
  await Promise.all([1, 2, 3].map(() => withLock(path, work)))
  assert.equal(most, 1)
  assert.ok(Date.now() - started < 5000)
  assert.deepEqual(await readdir(folder), [])
  // somebody else's lock is not removed
  await withLock(path, async (lock) => {
    await rm(path)
    await mkdir(join(folder, 'between')) // takes the place on the disk that came free
    t.mock.restoreAll()
    await writeFile(path, 'token of another')
    await assert.rejects(lock.assertHeld(), { code: 'CONFLICT' })
  })
  assert.deepEqual((await readdir(folder)).sort(), ['between', 'some.lock'])
  await rm(path)
  await rm(join(folder, 'between'), { recursive: true })
})

test('a model can be removed, which makes room', async (t) => {
  const version = join(folder, 'home', 'models', 'part', '1')
  await mkdir(version, { recursive: true })
  fillDisk(t)
  await openRegistry(join(folder, 'home')).remove('part')
  assert.deepEqual(await readdir(join(folder, 'home')), ['models'])
  assert.deepEqual(await readdir(join(folder, 'home', 'models')), [])
})

test('an output on a full disk is a fault of the disk, with what to do about that', async (t) => {
  if (!existsSync('/dev/full')) return t.skip('only Linux has a device that is full')
  await assert.rejects(writeOutput('/dev/full', 'x'), (error: OneclassError) => {
    assert.equal(error.code, 'DISK_UNAVAILABLE')
    assert.match(
      error.message,
      /^The file "\/dev\/full" cannot be written \(the disk is full\): make room there, or name another place\.$/,
    )
    return true
  })
})
