/**
 * After the compiler: TypeBox, 679 small files of which each process and each thread would load all, becomes a few in `dist/src/vendor/typebox`, and
 * what was compiled imports these (docs/decisions/0016). Without this step everything works too, and starts .2 s later.
 */
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { build } from 'vite'

const from = 'node_modules/typebox'
const to = join('dist', 'src', 'vendor', 'typebox')
/** What of TypeBox is imported, by the name of its file here. */
const entries = { index: 'index.mjs', value: 'value/index.mjs', compile: 'compile/index.mjs' }

await build({
  configFile: false,
  logLevel: 'warn',
  publicDir: false,
  build: {
    target: 'node20',
    outDir: to,
    minify: false,
    lib: {
      entry: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(from, 'build', file)])),
      formats: ['es'],
    },
  },
})
copyFileSync(join(from, 'license'), join(to, 'LICENSE'))

for (const name of readdirSync('dist', { recursive: true })) {
  const file = join('dist', name)
  if (!name.endsWith('.js') || file.startsWith(to)) continue
  const text = readFileSync(file, 'utf8')
  const bundled = text.replace(/(from |import\()'typebox(?:\/([^']+))?'/g, (_, before, part = 'index') => {
    if (!(part in entries)) throw new Error(`${file} imports typebox/${part}, which this script does not bundle`)
    const path = relative(dirname(file), join(to, `${part}.js`))
      .split(sep)
      .join('/')
    return `${before}'${path.startsWith('.') ? path : `./${path}`}'`
  })
  if (bundled !== text) writeFileSync(file, bundled)
}
