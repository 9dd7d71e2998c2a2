/**
 * What a fresh clone needs before anything compiled exists: the packages, the build and, with --redis, a
 * redis-server; with --chromium a browser for the tests of the page. Does only what is missing.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const flags = new Set(process.argv.slice(2))
const say = (/** @type {string} */ text) => process.stderr.write(`set-up: ${text}\n`)

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 9)) {
  say(`Node 20.9 or newer is needed, this is ${process.versions.node}`)
  process.exit(1)
}

if (isOlder('node_modules/.package-lock.json', ['package-lock.json'])) {
  say('installing packages')
  // onnxruntime-node would fetch CUDA libraries on linux/x64; the CPU library is in the package itself
  const env = { ...process.env, npm_config_onnxruntime_node_install: 'skip', ONNXRUNTIME_NODE_INSTALL: 'skip' }
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { env })
}
if (
  isOlder('dist/.built', ['src', 'workers', 'test', 'bench', 'examples', 'tsconfig.json', 'scripts/bundle-typebox.mjs'])
) {
  say('building')
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json'])
  run(process.execPath, ['scripts/bundle-typebox.mjs'])
  run(process.execPath, ['-e', "require('node:fs').writeFileSync('dist/.built', '')"])
}
if (existsSync(join(root, 'src/web/vite.config.ts')) && isOlder('dist/web/index.html', ['src/web'])) {
  say('building the page')
  run(process.execPath, [
    join(root, 'node_modules/vite/bin/vite.js'),
    'build',
    '--config',
    'src/web/vite.config.ts',
    '--logLevel',
    'warn',
  ])
}
if (flags.has('--redis')) need(['redis-server'], 'redis-server', 'brew install redis')
if (flags.has('--proxies')) {
  need(['nginx'], 'nginx-light', '', true)
  need(['caddy'], 'caddy', '', true)
}
if (flags.has('--chromium')) need(['chromium', 'chromium-browser', 'google-chrome'], 'chromium', '', true)

/** Installs a Debian package when none of its programs is there and we may; else says what to do, or goes on where it is optional. */
function need(programs, debianPackage, elsewhere, isOptional = false) {
  const found = () => programs.some(has)
  if (found()) return
  if (process.getuid?.() === 0 && has('apt-get')) {
    say(`installing ${debianPackage}`)
    const options = {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'inherit'],
    }
    const install = () => spawnSync('apt-get', ['install', '-y', '-qq', debianPackage], options).status === 0
    if (!install()) {
      spawnSync('apt-get', ['update', '-qq'], options)
      install()
    }
    if (found()) return
  }
  if (isOptional) {
    say(`"${programs[0]}" was not found: the tests that want it are skipped`)
    return
  }
  say(
    `"${programs[0]}" is needed and was not found. Install it: "sudo apt-get install -y ${debianPackage}" on Debian and Ubuntu, "${elsewhere}" on macOS.`,
  )
  process.exit(1)
}

function has(program) {
  return `${process.env.PATH ?? ''}:/usr/sbin`
    .split(':')
    .some((folder) => folder !== '' && existsSync(join(folder, program)))
}

/** Whether `product` is missing or older than any of `sources` (files, or all files below folders). */
function isOlder(product, sources) {
  const path = join(root, product)
  if (!existsSync(path)) return true
  const made = statSync(path).mtimeMs
  return sources.some((source) => newest(join(root, source)) > made)
}

function newest(path) {
  if (!existsSync(path)) return 0
  const entry = statSync(path)
  if (!entry.isDirectory()) return entry.mtimeMs
  return readdirSync(path)
    .filter((name) => name !== 'node_modules')
    .reduce((latest, name) => Math.max(latest, newest(join(path, name))), entry.mtimeMs)
}

function run(program, args, options = {}) {
  try {
    execFileSync(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], ...options })
  } catch (error) {
    say(`"${program} ${args.join(' ')}" failed`)
    process.exit(typeof error.status === 'number' ? error.status || 1 : 1)
  }
}
