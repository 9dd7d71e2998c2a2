/** Programs of `examples/`, as their reader starts them. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** @returns what it prints. @throws when it fails */
export async function runExample(name: string, args: readonly string[], cwd: string): Promise<string> {
  const program = fileURLToPath(new URL(`../../examples/${name}.js`, import.meta.url))
  const env = { ...process.env, ONECLASS_HOME: `${cwd}/home` }
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { cwd, env })
  return stdout
}
