/** On a terminal, a folder that looks like the root of a data set is asked about. `script` makes the terminal. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { drawFolder, drawOthers, program } from '../support/command-line.ts'

const isThere = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0
const options = isThere ? {} : { skip: 'no script command (util-linux) on the PATH' }

test('go on, learn all, or stop', options, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oneclass-question-'))
  try {
    await drawFolder(join(folder, 'set/positive'), 10, 1)
    await drawOthers(join(folder, 'set/negative'), 3, 2)
    const fit = (answer: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const command = `'${process.execPath}' '${program}' fit set --name s --home home`
        const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: folder })
        let said = ''
        let isAnswered = false
        child.stdout.on('data', (text) => {
          said += text
          if (isAnswered || !said.includes('Go on like that')) return
          isAnswered = true
          child.stdin.write(`${answer}\n`)
        })
        child.once('error', reject)
        child.once('close', () => resolve(said))
      })
    assert.match(await fit('y'), /fitted on 10 positives/)
    assert.match(await fit('a'), /fitted on 13 positives/)
    assert.match(await fit('n'), /CANCELLED: Nothing was fitted/)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
