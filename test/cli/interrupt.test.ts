/** Ctrl-C and other signals, wrong words, help and completions. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { nearest } from '../../src/system/suggest.ts'
import { drawFolder, drawOthers, type RunOptions, runCommand } from '../support/command-line.ts'
import { memoryBucket, startS3Server } from '../support/s3-server.ts'

let folder = ''
const oneclass = (args: string[], options: Partial<RunOptions> = {}) =>
  runCommand(args, { cwd: folder, home: join(folder, 'home'), ...options })

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneclass-interrupt-'))
  await drawFolder(join(folder, 'parts'), 40, 3)
})
after(() => rm(folder, { recursive: true, force: true }))

/** Interrupts when standard error first says `when`. @returns the milliseconds until the end, too */
async function interrupted(
  args: string[],
  when: RegExp,
  signal: NodeJS.Signals = 'SIGINT',
  more: Partial<RunOptions> = {},
) {
  let at = 0
  const ended = await oneclass(args, {
    ...more,
    onErr(text, kill) {
      if (at > 0 || !when.test(text)) return
      at = performance.now()
      kill(signal)
    },
  })
  assert.ok(at > 0, `it never said ${when}: ${ended.err}`)
  return { ...ended, ms: performance.now() - at }
}

/** The one sentence of an interrupt. */
function wordsOf(err: string): string {
  const found = [...err.matchAll(/^oneclass: interrupted; (.*)\.$/gm)]
  assert.equal(found.length, 1, err)
  return found[0]![1]!
}

test('what does not end by itself is ended with its sentence too, and a second signal says it no second time', async () => {
  const file = new URL('../../src/cli/interrupt.js', import.meta.url).href
  for (const signals of [1, 2]) {
    const work = `const { watchSignals } = await import('${file}'); watchSignals().means('all is well'); setInterval(() => {}, 1000);
for (let i = 0; i < ${signals}; i++) setTimeout(() => process.kill(process.pid, 'SIGINT'), 50 * i)`
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', work], { encoding: 'utf8' })
    assert.equal(status, 130)
    assert.equal(wordsOf(stderr), 'all is well')
  }
})

test('compare says that it keeps what was finished, and how it goes on', async () => {
  for (const part of ['train', 'test']) {
    await drawFolder(join(folder, 'set', part, 'positive'), 12, part === 'train' ? 3 : 4)
    await drawOthers(join(folder, 'set', part, 'negative'), 6, 5)
  }
  const args = [
    '--train',
    'set/train',
    '--test',
    'set/test',
    '--out',
    'compared',
    '--methods',
    'mahalanobis,transfer-binary',
  ]
  const { status, err } = await interrupted(['compare', ...args, '--keep-duplicates'], /epoch|transfer/i)
  assert.equal(status, 130, err)
  assert.match(
    wordsOf(err),
    /^methods that were finished are kept in \.partial below --out, and the same command goes on/,
  )
  assert.ok((await readdir(join(folder, 'compared'))).includes('.partial'), err)
  await rm(join(folder, 'set'), { recursive: true })
  await rm(join(folder, 'compared'), { recursive: true })
})

test('an interrupt ends fit and score, with nothing half saved, and exit status 130', async () => {
  // the last: when nothing but computing is left
  for (const when of [/images/, /fitting/, /fitting (\d+)\/\1/]) {
    const { status, err, ms } = await interrupted(['fit', 'parts', '--name', 'p'], when)
    assert.equal(status, 130, err)
    assert.equal(wordsOf(err), 'nothing was saved, unless "oneclass models list" shows the new version')
    assert.ok(ms < 5000, `${ms} ms`) // a tenth of a second where the machine is free
    const saved = await readdir(join(folder, 'home', 'models', 'p')).catch(() => [])
    if (saved.length > 0) assert.equal((await oneclass(['models', 'show', 'p'])).status, 0)
    await rm(join(folder, 'home', 'models'), { recursive: true, force: true })
  }
  assert.equal((await oneclass(['fit', 'parts', '--name', 'p'])).status, 0)
  await writeFile(join(folder, 'r.csv'), 'before\n')
  const before = await readdir(folder)
  for (const args of [
    ['score', 'parts', 'parts', 'parts', '--model', 'p', '--format', 'csv', '--out', 'r.csv'],
    ['embed', 'parts', 'parts', 'parts', '--out', 'x.npy'],
  ]) {
    for (const [signal, expected] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 })) {
      const { status, err } = await interrupted(args, /images/, signal as NodeJS.Signals)
      assert.equal(status, expected, `${args[0]} ${signal}`)
      assert.match(wordsOf(err), args[0] === 'score' ? /^results that were printed stand/ : /^what is not complete was/)
      assert.deepEqual(await readdir(folder), before)
    }
  }
})

test('an interrupt ends a fit from a bucket as fast, while it computes too', async (t) => {
  const server = await startS3Server()
  t.after(() => server.close())
  const parts = await Promise.all(
    (await readdir(join(folder, 'parts')))
      .slice(0, 14)
      .map(async (name) => [name, await readFile(join(folder, 'parts', name))] as const),
  )
  server.buckets.set('photos', memoryBucket(Object.fromEntries(parts)))
  const env = server.env()
  const home = join(folder, 'bucket')
  for (const when of [/images/, /fitting (\d+)\/\1/]) {
    const { status, err, ms } = await interrupted(['fit', 's3://photos/', '--name', 'b'], when, 'SIGINT', { env, home })
    assert.equal(status, 130, err)
    assert.ok(ms < 5000, `${ms} ms`)
    // who interrupts while the model is saved finds all of it or nothing
    const saved = await readdir(join(home, 'models', 'b')).catch(() => [])
    if (saved.length > 0) assert.equal((await oneclass(['models', 'show', 'b'], { env, home })).status, 0)
    await rm(home, { recursive: true, force: true })
  }
  const fitted = await oneclass(['fit', 's3://photos/', '--name', 'b', '--no-patches'], { env, home })
  assert.equal(fitted.status, 0, fitted.err)
  assert.match(fitted.out, /b@1: fitted on 14 positives/)
  assert.doesNotMatch(fitted.err, /Warning/)
  server.fault = ({ path }) => (path.endsWith('part-007.jpg') ? { status: 403, code: 'AccessDenied' } : undefined)
  const without = await oneclass(['fit', 's3://photos/', '--name', 'b', '--no-patches'], { env, home })
  assert.equal(without.status, 2, without.err)
  assert.match(without.err, /part-007\.jpg: IMAGE_/)
})

test('wrong words: did you mean; help of a command', async () => {
  assert.equal(nearest('fti', ['fit', 'score']), 'fit')
  assert.equal(nearest('xylophone', ['fit', 'score']), undefined)
  assert.equal(nearest('9', ['auto', '1', '2', '3']), undefined)
  const { err } = await oneclass(['fit', 'parts', '--name', 'p', '--alpha', '-1'])
  assert.match(err, /^oneclass: INVALID_ARGUMENT: Expected a value for --alpha; .*--alpha=-VALUE.*\n$/)
  for (const [args, expected] of [
    [['scroe', 'x'], /no command "scroe"\. Did you mean "score"\?/],
    [['score', 'x', '--modle', 'p'], /Did you mean "--model"\?/],
    [['score', 'x', '--model', 'p', '--format', 'jsnol'], /Did you mean "jsonl"\?/],
    [['models', 'lsit'], /Did you mean "list"\?/],
    [['score', 'parts', '--model', 'nobody'], /MODEL_NOT_FOUND.*data directory: .*home/],
  ] as [string[], RegExp][]) {
    const { status, err } = await oneclass(args)
    assert.equal(status, 1)
    assert.match(err, expected)
  }
  const help = await oneclass(['help', 'score'])
  assert.equal(help.status, 0)
  assert.equal(help.out, (await oneclass(['score', '--help'])).out)
  assert.match(help.out, /--strict/)
})

test('completions are scripts that their shells accept, and offer commands and options', async (t) => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { status, out } = await oneclass(['completion', shell])
    assert.equal(status, 0)
    assert.match(out, /evaluate/)
    assert.match(out, /strict/)
  }
  const { out } = await oneclass(['completion', 'bash'])
  await writeFile(
    join(folder, 'c.sh'),
    `${out}\nCOMP_WORDS=(oneclass sc); COMP_CWORD=1; _oneclass; echo "\${COMPREPLY[@]}"
COMP_WORDS=(oneclass score --str); COMP_CWORD=2; _oneclass; echo "\${COMPREPLY[@]}"\n`,
  )
  try {
    assert.equal(execFileSync('bash', [join(folder, 'c.sh')], { encoding: 'utf8' }), 'score\n--strict\n')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return t.skip('no bash here')
    throw error
  }
})
