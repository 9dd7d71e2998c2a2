/** A comparison that is killed outright, and called again. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { images } from '../support/drawn-images.ts'
import { temporaryFolder } from '../support/temporary.ts'

const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

test('killed half-way, a comparison goes on from the methods that it had finished', async (t) => {
  const folder = await temporaryFolder(t)
  for (const [split, place] of [
    ['trainPositive', 'train/positive'],
    ['trainNegative', 'train/negative'],
    ['testPositive', 'test/positive'],
    ['testNegative', 'test/negative'],
  ] as const) {
    await mkdir(join(folder, place), { recursive: true })
    for (const [i, image] of images[split].entries())
      if ('bytes' in image) await writeFile(join(folder, place, `${i}.png`), image.bytes as Uint8Array)
  }
  const out = join(folder, 'out')
  const start = () =>
    spawn(
      process.execPath,
      [
        main,
        'compare',
        ...['--train', join(folder, 'train'), '--test', join(folder, 'test'), '--out', out],
        ...['--quick', '--keep-duplicates', '--methods', 'transfer-binary,mahalanobis,ensemble'],
      ],
      { stdio: 'ignore', env: { ...process.env, ONECLASS_HOME: join(folder, 'home') } },
    )
  const exit = (child: ReturnType<typeof start>) =>
    new Promise<string>((resolve) => child.on('exit', (status, signal) => resolve(signal ?? String(status))))
  const finished = async () => {
    const [hash] = await readdir(join(out, '.partial')).catch(() => [])
    const files = hash ? await readdir(join(out, '.partial', hash)) : []
    return files.filter((name) => name.endsWith('.json')).map((name) => join(out, '.partial', hash!, name))
  }

  const first = start()
  const ended = exit(first)
  while ((await finished()).length === 0 && first.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 5))
  first.kill('SIGKILL')
  assert.equal(await ended, 'SIGKILL')
  const kept = await finished()
  assert.ok(kept.length >= 1)
  // marked, so that the report tells whether a row was kept or made again
  for (const path of kept) {
    await writeFile(path, (await readFile(path, 'utf8')).replace('"decision":"', '"decision":"kept: '))
  }
  await assert.rejects(readFile(join(out, 'report.json')), { code: 'ENOENT' })

  // a report that cannot be written costs no method either
  await mkdir(join(out, 'report.html'))
  assert.equal(await exit(start()), '1')
  assert.equal((await finished()).filter((path) => !path.endsWith('curve.json')).length, 3)
  await rmdir(join(out, 'report.html'))

  assert.equal(await exit(start()), '0')
  const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as {
    methods: { key: string; status: string; decision: string }[]
  }
  assert.deepEqual(
    report.methods.map(({ status }) => status),
    ['done', 'done', 'done'],
  )
  const marked = report.methods.filter(({ decision }) => decision.startsWith('kept: ')).map(({ key }) => key)
  const rows = kept.map((path) => basename(path).replace(/-\d+\.json$/, ''))
  assert.deepEqual(marked.sort(), rows.filter((key) => report.methods.some((method) => method.key === key)).sort())
  assert.ok(!(await readdir(out)).includes('.partial'))
})
