/** A folder that a test writes into: gone when it ends. */
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'oneclass-test-')))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}
