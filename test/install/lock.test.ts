/** The lock holds every platform's packages, no address of a registry, and only packages that run on the oldest Node that we claim. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { temporaryFolder } from '../support/temporary.ts'

interface Locked {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly dev?: boolean
  readonly engines?: { readonly node?: string }
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as { packages: Record<string, Locked> }
const packages = Object.entries(lock.packages)

test('no optional package of any platform is missing from the lock', () => {
  const missing = packages.flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !lock.packages[`node_modules/${name}`] && !lock.packages[`${path}/node_modules/${name}`],
    ),
  )
  assert.deepEqual(missing, [])
})

test('every package has a hash, and none the address of a registry', () => {
  for (const [path, { integrity, resolved }] of packages) {
    if (path === '') continue
    assert.ok(integrity, `${path} has no hash`)
    assert.equal(resolved, undefined, `${path} names an address`)
  }
})

test('no package that an installed oneclass needs asks for a newer Node than we do', () => {
  const own = lock.packages['']?.engines?.node
  assert.equal(own, '>=20.9')
  for (const [path, { engines, dev }] of packages) {
    // ">=22", "^22.1 || >=24": every alternative begins above 20
    const asked = engines?.node
    if (path === '' || dev || asked === undefined) continue
    const lowest = Math.min(...asked.split('||').map((range) => Number(/\d+/.exec(range)?.[0] ?? 0)))
    assert.ok(lowest <= 20, `${path} asks for Node ${asked}`)
  }
})

/** Prints what npm says. Skipped where no registry can be reached. */
async function npm(t: TestContext, cwd: string, ...args: string[]): Promise<string> {
  try {
    return (await promisify(execFile)('npm', args, { cwd, timeout: 60_000 })).stdout
  } catch (error) {
    const text = String((error as { stderr?: string }).stderr ?? error)
    if (!/ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENOTCACHED/.test(text)) throw error
    t.skip('no registry can be reached')
    return ''
  }
}

for (const [os, cpu, binary] of [
  ['darwin', 'arm64', '@img/sharp-darwin-arm64'],
  ['win32', 'x64', '@img/sharp-win32-x64'],
] as const) {
  test(`npm ci would fill an empty folder for ${os} on ${cpu}, with the registry's files`, async (t) => {
    const folder = await temporaryFolder(t)
    for (const file of ['package.json', 'package-lock.json', '.npmrc']) await copyFile(file, join(folder, file))
    // dry: half a gigabyte would be unpacked only to be removed
    const added = await npm(t, folder, 'ci', '--dry-run', `--os=${os}`, `--cpu=${cpu}`, '--prefer-offline')
    const { version, integrity } = lock.packages[`node_modules/${binary}`]!
    const known = await npm(t, folder, 'view', `${binary}@${version}`, 'dist.integrity', '--prefer-offline')
    if (added === '' || known === '') return
    assert.ok(added.split('\n').includes(`add ${binary} ${version}`), added)
    assert.equal(known.trim(), integrity)
  })
}
