/** Where results go, and readers that go away: what cannot be is said, nothing of the user's is replaced, nothing is half there. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { access, copyFile, mkdir, mkdtemp, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { drawFolder, program, runCommand } from '../support/command-line.ts'

let folder = ''
let photo = ''
const oneclass = (args: string[], cwd = folder) => runCommand(args, { cwd, home: join(folder, 'home') })
const score = (...args: string[]) => oneclass(['score', ...args, '--model', 'part'])

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneclass-outputs-'))
  photo = (await drawFolder(join(folder, 'parts'), 25, 3))[0]!
  const { status, err } = await oneclass(['fit', 'parts', '--name', 'part', '--no-patches'])
  assert.equal(status, 0, err)
})
after(() => rm(folder, { recursive: true, force: true }))

test('names that no file can have are refused with a reason, long ones that one can have are taken', async () => {
  for (const [out, why] of [
    ['', /has no name/],
    ['x.csv/', /name of a folder/],
    ['parts', /is a folder/],
    ['no/x.csv', /folder does not exist/],
    ['parts/part-000.jpg/x.csv', /a file stands where a folder is needed/],
    [`${'a'.repeat(256)}.csv`, /too long/],
    ['s3://bucket/x.csv', /buckets are read and not written/],
  ] as const) {
    const { status, err } = await score(photo, '--out', out)
    assert.equal(status, 1, err)
    assert.match(err, /^oneclass: INVALID_ARGUMENT: .*/m)
    assert.match(err, why)
  }
  const explained = await score(photo, '--explain', 's3://bucket/why')
  assert.match(explained.err, /INVALID_ARGUMENT: .*buckets are read and not written/)
  const long = `${'a'.repeat(250)}.csv`
  assert.equal((await score(photo, '--out', long)).status, 0)
  await rm(join(folder, long))
})

test('"-" is standard output; what needs a file says so before any work', async () => {
  const { status, out } = await score(photo, '--out', '-', '--format', 'jsonl')
  assert.equal(status, 0)
  assert.equal(JSON.parse(out).image, photo)
  const exported = await oneclass(['models', 'export', 'part', '--out', '-'])
  assert.match(exported.out, /^ONECLASS/)
  assert.doesNotMatch(exported.out, /wrote/)
  for (const out of ['-', '/dev/null']) {
    const { status, err } = await oneclass(['embed', photo, '--out', out])
    assert.equal(status, 1)
    assert.match(err, /INVALID_ARGUMENT: .*it is (standard output|a device or a pipe)/)
    assert.doesNotMatch(err, /images/)
  }
  await assert.rejects(access(join(folder, '-')))
})

test('--out replaces no image, no list and no features that are read', async () => {
  const copy = join(folder, 'copy.jpg')
  await copyFile(photo, copy)
  await writeFile(join(folder, 'list.txt'), 'copy.jpg\n')
  for (const [input, out, why] of [
    ['copy.jpg', './copy.jpg', /"\.\/copy\.jpg", which is read/],
    [photo, 'copy.jpg', /which is an image/],
    ['@list.txt', 'list.txt', /which is read/],
  ] as const) {
    const { status, err } = await score(input, '--out', out)
    assert.equal(status, 1)
    assert.match(err, why)
  }
  assert.deepEqual(await readFile(copy), await readFile(photo))
})

test('results that are written into the folder that is read are not counted as left out', async () => {
  await mkdir(join(folder, 'own'))
  await copyFile(photo, join(folder, 'own', 'a.jpg'))
  const { status, err } = await score('own', '--out', 'own/results.csv', '--format', 'csv')
  assert.equal(status, 0)
  assert.doesNotMatch(err, /left out/)
  assert.deepEqual((await readdir(join(folder, 'own'))).sort(), ['a.jpg', 'results.csv'])
})

test('a data directory that is a file: one sentence with a code, whatever is asked', async () => {
  await writeFile(join(folder, 'file'), '')
  for (const args of [
    ['keys', 'create', '--name', 'a'],
    ['keys', 'list'],
    ['models', 'list'],
    ['models', 'use', 'part@1'],
    ['models', 'remove', 'part'],
    ['fit', 'parts', '--name', 'x'],
    ['demo'],
  ]) {
    const { status, err } = await oneclass([...args, '--home', 'file'])
    assert.equal(status, 1)
    assert.match(err, /^oneclass: (DISK_UNAVAILABLE|INVALID_ARGUMENT): .*(file stands|ENOTDIR)/m, args.join(' '))
    assert.doesNotMatch(err, /INTERNAL|\n {4}at /)
  }
})

test('a current folder that is gone is said', async () => {
  const gone = join(folder, 'gone')
  await mkdir(gone)
  const script = `process.chdir(${JSON.stringify(gone)}); require('fs').rmdirSync(${JSON.stringify(gone)});
    const { ONECLASS_HOME, ...env } = process.env
    process.exit(require('child_process').spawnSync(process.execPath, [${JSON.stringify(program)}, 'models', 'list'], { stdio: 'inherit', env }).status)`
  const { status, err } = await runProgram(process.execPath, ['-e', script])
  assert.equal(status, 1)
  assert.match(err, /INVALID_ARGUMENT: The current folder was removed/)
  await rmdir(gone).catch(() => {})
})

test('a reader that goes away ends no work; a full disk behind standard output is said', async (t) => {
  const child = spawn(
    process.execPath,
    [program, 'score', 'parts', '--model', 'part', '--out', 'r.csv', '--format', 'csv'],
    {
      cwd: folder,
      env: { ...process.env, ONECLASS_HOME: join(folder, 'home') },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  child.stderr.once('data', () => child.stderr.destroy())
  assert.equal(await new Promise((ended) => child.once('close', ended)), 0)
  assert.equal((await readFile(join(folder, 'r.csv'), 'utf8')).trim().split('\n').length, 26)
  const isThere = await access('/dev/full').then(
    () => true,
    () => false,
  )
  if (!isThere) return t.diagnostic('no /dev/full here')
  const command = `"${process.execPath}" "${program}" score parts --model part > /dev/full`
  const { status, err } = await runProgram('sh', ['-c', command])
  assert.equal(status, 1)
  assert.match(err, /DISK_UNAVAILABLE: Standard output cannot be written/)
})

test('standard input is read once, however often it is named; a pipe is no file', async () => {
  const list = await runCommand(['score', '-', '-', '--model', 'part', '--format', 'jsonl'], {
    cwd: folder,
    home: join(folder, 'home'),
    input: `${photo}\n`,
  })
  assert.equal(list.status, 0, list.err)
  assert.equal(list.out.trim().split('\n').length, 2)
  const { err } = await runProgram('bash', [
    '-c',
    `"${process.execPath}" "${program}" score <(cat "${photo}") --model part`,
  ])
  assert.match(err, /IMAGE_NOT_FOUND: .*is a pipe.*standard input/)
})

function runProgram(command: string, args: string[]): Promise<{ status: number | null; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: folder,
      env: { ...process.env, ONECLASS_HOME: join(folder, 'home') },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let err = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
    })
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, err }))
  })
}
