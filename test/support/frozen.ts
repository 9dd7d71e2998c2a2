/** A copy of the build that nobody rebuilds while something long runs from it. */
import { cp, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const built = fileURLToPath(new URL('../../', import.meta.url))

/** @returns the copied `dist/`, beside links to what it needs */
export async function freezeBuild(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  await cp(built, join(folder, 'dist'), { recursive: true })
  // tests read the sources too (the architecture, the error table)
  for (const name of ['node_modules', 'models', 'package.json', 'src', 'docs'])
    await symlink(join(built, '..', name), join(folder, name))
  return join(folder, 'dist')
}
