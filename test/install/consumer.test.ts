/** The package as its user gets it: packed, beside its declared dependencies only, compiled against without DOM types, and run. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import test from 'node:test'
import { promisify } from 'node:util'
import { drawFolder } from '../support/command-line.ts'

const run = promisify(execFile)

const program = `
import { readFile } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import * as oneclass from 'oneclass'
import { fit, type FitResult, type ImageInput, type ImageResult, load, models, OneclassError } from 'oneclass'
import { ClientError, createClient, type Job, type OneclassClient } from 'oneclass/client'

const home = process.argv[2]!
const fitted: FitResult = await fit('photos', { name: 'part', home, signal: AbortSignal.timeout(240_000) })
await using part = await load('part', { home })
const images: ImageInput[] = ['photos/part-000.jpg', await readFile('photos/part-001.jpg'), createReadStream('photos/part-002.jpg')]
const results: ImageResult[] = []
for await (const result of part.scoreAll(images)) results.push(result)
const code = await load('nothing', { home }).catch((error: unknown) => error instanceof OneclassError && error.code)
const client: OneclassClient = createClient('http://127.0.0.1:9')
const job: Promise<Job> = client.job('x')
const unreachable = await job.then(() => false, (error: unknown) => !(error instanceof ClientError))
console.log(JSON.stringify({
  used: fitted.used,
  listed: (await models.list({ home })).length,
  scored: results.map((result) => ('error' in result ? result.error.code : result.model)),
  code,
  unreachable,
  exports: Object.keys(oneclass),
}))
`

const pageProgram = `
import { createClient, type Job } from 'oneclass/client'
export const job: Promise<Job> = createClient('http://127.0.0.1:9').job('x')
`

const options = {
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable'],
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  types: ['node'],
}

test('the packed package compiles without DOM types and skipLibCheck, and fits and scores with its declared dependencies', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oneclass-consumer-'))
  try {
    const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder])
    const [packed] = JSON.parse(stdout) as [{ filename: string; size: number; files: { path: string }[] }]
    assert.ok(packed.size < 20e6, `the package has ${packed.size} bytes`)
    const stray = packed.files
      .map(({ path }) => path)
      .filter((path) => /(^|\/)(test|bench|src\/web)\//.test(path) && !path.startsWith('dist/'))
    assert.deepEqual(stray, [])
    const own = join(folder, 'node_modules/oneclass')
    await mkdir(own, { recursive: true })
    await run('tar', ['xzf', join(folder, packed.filename), '-C', own, '--strip-components', '1'])
    const about = JSON.parse(await readFile('package.json', 'utf8')) as Record<string, Record<string, string>>
    const wanted = { ...about['dependencies'], ...about['optionalDependencies'], '@types/node': '', 'undici-types': '' }
    for (const name of Object.keys(wanted)) {
      const from = resolve('node_modules', name)
      if (!(await stat(from).catch(() => undefined))) continue // an optional one
      await mkdir(dirname(join(folder, 'node_modules', name)), { recursive: true })
      await symlink(from, join(folder, 'node_modules', name))
    }
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'app', type: 'module', private: true }))
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['app.ts'] }))
    await writeFile(join(folder, 'app.ts'), program)
    await drawFolder(join(folder, 'photos'), 12, 5)
    const compiler = resolve('node_modules/typescript/bin/tsc')
    const compiled = await run(process.execPath, [compiler, '-p', folder]).catch((error: { stdout: string }) => error)
    assert.equal(compiled.stdout, '')
    // in a browser's program there are no types of Node
    const page = { ...options, lib: ['es2023', 'dom'], types: [], noEmit: true }
    await writeFile(join(folder, 'tsconfig.page.json'), JSON.stringify({ compilerOptions: page, files: ['page.ts'] }))
    await writeFile(join(folder, 'page.ts'), pageProgram)
    const paged = await run(process.execPath, [compiler, '-p', join(folder, 'tsconfig.page.json')]).catch(
      (error: { stdout: string }) => error,
    )
    assert.equal(paged.stdout, '')
    const ran = await run(process.execPath, ['app.js', join(folder, 'home')], { cwd: folder })
    const said = JSON.parse(ran.stdout) as Record<string, unknown>
    assert.deepEqual(said, {
      used: 12,
      listed: 1,
      scored: ['part@1', 'part@1', 'part@1'],
      code: 'MODEL_NOT_FOUND',
      unreachable: true,
      exports: said['exports'],
    })
    for (const name of ['fit', 'load', 'loadModels', 'embed', 'evaluate', 'compare', 'models'])
      assert.ok((said['exports'] as string[]).includes(name), name)
    const { stdout: help } = await run(process.execPath, [join(own, 'dist/src/cli/main.js'), '--help'], { cwd: folder })
    assert.match(help, /Usage: oneclass COMMAND/)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('TypeScript that reads no "exports" (moduleResolution node, before 7) finds the same types', async () => {
  const about = JSON.parse(await readFile('package.json', 'utf8')) as {
    exports: Record<string, { types?: string }>
    types: string
    typesVersions: { '*': Record<string, string[]> }
  }
  const { '.': main, ...others } = about.exports
  assert.equal(about.types, main?.types)
  const typed = Object.entries(others).flatMap(([path, { types }]) => (types ? [[path.slice(2), [types]]] : []))
  assert.deepEqual(about.typesVersions, { '*': Object.fromEntries(typed) })
})
