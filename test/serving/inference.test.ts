/** A worker that ends while a network runs in its thread: closed or not, the process is not aborted. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'node:test'
import { temporaryFolder } from '../support/temporary.ts'

const program = `
  import { startInference } from '${new URL('../../src/serving/inference.js', import.meta.url).href}'
  const [after, how] = process.argv.slice(2)
  const inference = startInference({ home: '/nonexistent', threads: 1, onExit() {} })
  const network = await inference.open({ ref: null })
  const { width, height } = network.target
  const images = Array.from({ length: 64 }, () => ({ width, height, data: new Uint8Array(width * height * 3) }))
  inference.embed(network, images).catch(() => {})
  setTimeout(async () => {
    if (how === 'close') await inference.close()
    process.exit(7)
  }, Number(after))
`

test('its end waits for the run that is under way', async (t) => {
  const file = join(await temporaryFolder(t), 'program.mjs')
  await writeFile(file, program)
  for (const how of ['close', 'exit'])
    for (const after of [40, 70]) {
      const { status, signal, stderr } = spawnSync(process.execPath, [file, String(after), how], { encoding: 'utf8' })
      assert.deepEqual([status, signal], [7, null], `${how} after ${after} ms: ${stderr}`)
    }
})
