/** Ctrl-C, wrong words, help and completions. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { nearest } from '../../src/cli/suggest.ts'
import { drawFolder, type RunOptions, runCommand } from '../support/command-line.ts'

let folder = ''
const oneclass = (args: string[], options: Partial<RunOptions> = {}) =>
  runCommand(args, { cwd: folder, home: join(folder, 'home'), ...options })

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneclass-interrupt-'))
  await drawFolder(join(folder, 'parts'), 40, 3)
})
after(() => rm(folder, { recursive: true, force: true }))

/** Interrupts when standard error first says `when`. @returns the milliseconds until the end, too */
async function interrupted(args: string[], when: RegExp) {
  let at = 0
  const ended = await oneclass(args, {
    onErr(text, kill) {
      if (at > 0 || !when.test(text)) return
      at = performance.now()
      kill('SIGINT')
    },
  })
  assert.ok(at > 0, `it never said ${when}: ${ended.err}`)
  return { ...ended, ms: performance.now() - at }
}

test('an interrupt ends fit and score, with nothing half saved, and exit status 130', async () => {
  // the last: when nothing but computing is left
  for (const when of [/images/, /fitting/, /fitting (\d+)\/\1/]) {
    const { status, err, ms } = await interrupted(['fit', 'parts', '--name', 'p'], when)
    assert.equal(status, 130, err)
    assert.ok(ms < 5000, `${ms} ms`) // a tenth of a second where the machine is free
    assert.deepEqual(await readdir(join(folder, 'home', 'models')).catch(() => []), [])
  }
  assert.equal((await oneclass(['fit', 'parts', '--name', 'p'])).status, 0)
  await writeFile(join(folder, 'r.csv'), 'before\n')
  const args = ['score', 'parts', 'parts', 'parts', '--model', 'p', '--format', 'csv', '--out', 'r.csv']
  const { status } = await interrupted(args, /images/)
  assert.equal(status, 130)
  const left = (await readdir(folder)).filter((name) => name.startsWith('r.csv'))
  assert.deepEqual(left, ['r.csv'])
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
