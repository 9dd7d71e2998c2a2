/** ONNX Runtime must not send anything: where it may, it first makes an id of the machine below the home folder. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { promisify } from 'node:util'

const session = new URL('../../src/features/onnx/session.js', import.meta.url).href
const threads = new URL('../../src/system/thread-call.js', import.meta.url).href

/** Loads the runtime as programs of ours do, waits, and tells what it left in the home folder. */
async function leftBy(program: string): Promise<string[]> {
  const home = await mkdtemp(join(tmpdir(), 'oneclass-home-'))
  try {
    // it is silent where CI is set
    const { CI: _, ORT_DISABLE_TELEMETRY: __, XDG_CACHE_HOME: ___, ...env } = process.env
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
      env: { ...env, HOME: home },
      cwd: home,
      timeout: 60_000,
    })
    return (await readdir(home, { recursive: true })).sort()
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

const model = new URL('../../../models/oc-s3/model.onnx', import.meta.url).pathname
const use = `
  import { readFileSync, writeFileSync } from 'node:fs'
  import { createSession } from '${session}'
  await createSession(readFileSync('${model}'), 1, [])
  writeFileSync('loaded', '')
`

test('neither in the main thread nor in a thread does the runtime leave or send anything', async () => {
  assert.deepEqual(await leftBy(use), ['loaded'])
  const inside = JSON.stringify(`data:text/javascript,${encodeURIComponent(use)}`)
  const outside = `
    import { existsSync } from 'node:fs'
    import { startThread } from '${threads}'
    const thread = startThread(new URL(${inside}))
    while (!existsSync('loaded')) await new Promise((resolve) => setTimeout(resolve, 50))
    await thread.end()
  `
  assert.deepEqual(await leftBy(outside), ['loaded'])
})
