/**
 * Is this a package that somebody else can use? Builds and packs it, installs the archive into an empty folder as npm does it, compiles a
 * small program against it, and fits and scores with its command. Wants the registry that npm is set up for.
 *
 *   node scripts/release-check.mjs          (some minutes, 600 MB in a temporary folder)
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
const folder = mkdtempSync(join(tmpdir(), 'oneclass-release-'))
const { version, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

function step(what, program, args, options = {}) {
  console.log(`- ${what}`)
  return execFileSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    ...options,
  })
}

const app = `
import { fit, load, models } from 'oneclass'
import { createClient } from 'oneclass/client'
const fitted = await fit('photos', { name: 'part' })
const part = await load('part')
const result = await part.score('photos/part-000.jpg')
await part.close()
const listed = await models.list()
const client = createClient('http://127.0.0.1:9')
console.log([fitted.used, 'isPositive' in result, listed.length, typeof client.job].join())
`

try {
  const log = readFileSync(join(root, 'CHANGELOG.md'), 'utf8')
  if (!log.includes(`## ${version}`)) throw new Error(`CHANGELOG.md says nothing of ${version}`)
  const packed = JSON.parse(
    step('pack', npm, ['pack', '--json', '--pack-destination', folder], { cwd: root }).replace(/^[^[]*/, ''),
  )
  const { filename, size, files } = packed[0]
  console.log(`  ${filename}: ${files.length} files, ${(size / 1e6).toFixed(1)} MB`)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }))
  // as the README says: the CUDA libraries are not used
  writeFileSync(join(folder, '.npmrc'), 'onnxruntime-node-install=skip\n')
  const tools = ['typescript', '@types/node'].map((name) => `${name}@${devDependencies[name]}`)
  step('install', npm, ['install', '--no-audit', '--no-fund', `./${filename}`, ...tools])
  mkdirSync(join(folder, 'photos'))
  const { drawFolder } = await import(new URL('../dist/test/support/command-line.js', import.meta.url).href)
  await drawFolder(join(folder, 'photos'), 20, 1)
  writeFileSync(join(folder, 'app.ts'), app)
  const options = { target: 'es2023', lib: ['es2023'], module: 'nodenext', strict: true, types: ['node'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['app.ts'] }))
  step('compile', process.execPath, [join(folder, 'node_modules/typescript/bin/tsc'), '-p', '.'])
  const said = step('run the library', process.execPath, ['app.js']).trim()
  if (said !== '20,true,1,function') throw new Error(`the library said ${said}`)
  const command = join(folder, 'node_modules/.bin/oneclass')
  const scored = step('run the command', command, ['score', 'photos', '--model', 'part', '--format', 'jsonl'])
  if (scored.trim().split('\n').length !== 20) throw new Error(`the command said ${scored}`)
  console.log(`oneclass ${version} can be released`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
