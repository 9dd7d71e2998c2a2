/** Imports only go down, and each heavy package lives in the folder that owns it. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import test from 'node:test'

const ranks: Record<string, number> = {
  core: 0,
  wire: 0,
  system: 1,
  detectors: 1,
  images: 2,
  features: 3,
  baselines: 4,
  store: 4,
  pipeline: 5,
  evaluation: 6,
  queue: 6,
  service: 7,
  serving: 7,
  api: 8,
  library: 8,
  cli: 9,
  workers: 9,
}
/** Package to the folders that may import it. */
const owners: [RegExp, string[]][] = [
  [/^sharp$/, ['images']],
  [/^onnxruntime-node$/, ['features']],
  [/^@tensorflow\//, ['features', 'baselines']],
  [/^@vladmandic\//, ['features']],
  [/^(bullmq|ioredis)$/, ['queue']],
  [/^(fastify|@fastify\/)/, ['api']],
]
const pure = ['core', 'detectors']
const bans: [string, string[]][] = [
  ['pipeline', ['evaluation']],
  ['api', ['pipeline', 'features', 'images', 'serving']],
  ['queue', ['images', 'features', 'detectors', 'store', 'pipeline']],
  ['service', ['pipeline', 'features', 'evaluation']],
]

const files = ['src', 'workers'].flatMap((root) =>
  (readdirSync(root, { recursive: true }) as string[]).filter((f) => /\.tsx?$/.test(f)).map((f) => join(root, f)),
)
/** The page is a program for a browser: of ours it takes the client and what is on the wire. */
const pageImports = new Set(['web', 'client.ts', 'wire'])
/** The client has no dependency: of the wire it takes types, and the words for states. */
const clientImports = new Set(['client', 'client.ts', 'wire'])
const folderOf = (file: string) => (file.startsWith('workers') ? 'workers' : (file.split('/')[1] ?? ''))

test('every import goes to its own folder or to a lower rank, and heavy packages stay at home', () => {
  assert.ok(files.length > 50)
  for (const file of files) {
    const folder = folderOf(file)
    const text = readFileSync(file, 'utf8')
    for (const [, target] of text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
      const line = `${file} imports ${target}`
      if (!target!.startsWith('.')) {
        for (const [name, folders] of owners) if (name.test(target!)) assert.ok(folders.includes(folder), line)
        if (pure.includes(folder)) assert.ok(target === 'libsvm-js', line)
        continue
      }
      const other = folderOf(normalize(join(dirname(file), target!)))
      const [from, to] = [ranks[folder], ranks[other]]
      if (folder === 'web') assert.ok(pageImports.has(other), line)
      if (folder.startsWith('client')) assert.ok(clientImports.has(other), line)
      if (to === undefined) continue // errors.ts, index.ts
      if (from === undefined) continue // index.ts and client.ts re-export
      assert.ok(other === folder || to < from, line)
      for (const [banned, others] of bans) assert.ok(folder !== banned || !others.includes(other), line)
    }
  }
})

test('only config.ts reads the environment, and pure folders know no clock and no chance', () => {
  for (const file of files) {
    const text = readFileSync(file, 'utf8')
    if (file !== 'src/system/config.ts') assert.doesNotMatch(text, /process\.env\b/, file)
    if (pure.includes(folderOf(file)))
      assert.doesNotMatch(text, /Math\.random|Date\.now|new Date|performance\.now/, file)
  }
})
