/** The end of a process waits for native work in its threads: torn down under it, such modules abort the process. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import test from 'node:test'

const moduleUrl = (name: string) => new URL(`../../src/system/${name}.js`, import.meta.url).href

/** A thread whose work takes 300 ms and says when it ends, and a program that exits after some milliseconds, or (0) when all is done. */
const thread = `
  import { writeSync } from 'node:fs'
  import { answerCalls } from '${moduleUrl('thread-call')}'
  import { nativeWork } from '${moduleUrl('native-work')}'
  const work = (name) => nativeWork(async () => {
    writeSync(1, name + ' begins\\n')
    await new Promise((resolve) => setTimeout(resolve, 300))
    writeSync(1, name + ' ends\\n')
  })
  answerCalls({
    async run() {
      const first = work('first')
      setTimeout(() => work('second').catch(({ code }) => writeSync(1, 'second ' + code + '\\n')), 200)
      await first
      return null
    },
  })
`
const program = `
  import { startThread } from '${moduleUrl('thread-call')}'
  const thread = startThread(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(thread)})))
  const after = Number(process.argv[1])
  thread.call('run', null).then(() => after === 0 && setTimeout(() => process.exit(3), 1000), () => {})
  process.stdout.write('started\\n')
  if (after > 0) setTimeout(() => process.exit(3), after)
`

const run = (exitAfter: number) =>
  spawnSync(process.execPath, ['--input-type=module', '--eval', program, String(exitAfter)], { encoding: 'utf8' })

test('process.exit waits until what is under way has ended, and nothing begins meanwhile', () => {
  const { status, stdout, stderr } = run(0)
  assert.deepEqual(
    [status, stdout.split('\n').filter(Boolean)],
    [3, ['started', 'first begins', 'second begins', 'first ends', 'second ends']],
    stderr,
  )
  // the thread may need longer than that to start: then nothing has begun
  for (let tries = 0; tries < 20; tries++) {
    const lines = run(100 + 25 * tries)
      .stdout.split('\n')
      .filter(Boolean)
    if (!lines.includes('first begins') || lines.includes('second begins')) continue
    assert.deepEqual(lines.slice(0, 3), [
      'started',
      'first begins',
      lines.includes('second CANCELLED') ? 'second CANCELLED' : 'first ends',
    ])
    assert.ok(lines.includes('first ends'))
    return
  }
  assert.fail('no process ended while the first was at work')
})

test('a thread that is ended while native work holds it for long is waited for: a network that opens on a busy computer', () => {
  const opening = `
    import { writeSync } from 'node:fs'
    import { answerCalls } from '${moduleUrl('thread-call')}'
    import { nativeWork } from '${moduleUrl('native-work')}'
    answerCalls({
      open: (_, { report }) => nativeWork(async () => {
        report('it begins')
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000)
        writeSync(1, 'it is open\\n')
        return null
      })
    })
  `
  const closing = `
    import { startThread } from '${moduleUrl('thread-call')}'
    const thread = startThread(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(opening)})))
    const onProgress = () => Promise.all([thread.end(), thread.end()]).then(() => process.stdout.write('it has ended\\n'))
    thread.call('open', null, { onProgress }).catch(() => {})
  `
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', closing], {
    encoding: 'utf8',
  })
  assert.equal(stdout, 'it is open\nit has ended\n', stderr)
})
