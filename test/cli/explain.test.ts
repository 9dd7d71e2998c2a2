/** `score --explain`: the page comes whatever becomes of an image after it was scored, and whatever it is called. */
import assert from 'node:assert/strict'
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Io } from '../../src/cli/command.ts'
import { score } from '../../src/cli/score.ts'
import { drawFolder, runCommand } from '../support/command-line.ts'

let folder = ''
let paths: string[] = []
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneclass-explain-'))
  paths = await drawFolder(join(folder, 'train'), 24, 1)
  const fitted = await runCommand(['fit', 'train', '--name', 'p'], { cwd: folder, home: join(folder, 'home') })
  assert.equal(fitted.status, 0, fitted.err)
})
after(() => rm(folder, { recursive: true, force: true }))

/** In this process, so that something can happen once all results have come. @param then before the page is made */
async function explain(images: readonly string[], page: string, then?: () => Promise<unknown>) {
  let [lines, said] = [0, '']
  const io: Io = {
    async out() {
      if (++lines === images.length) await then?.()
    },
    err(text) {
      said += `${text}\n`
    },
    isTerminal: false,
    home: join(folder, 'home'),
    signal: new AbortController().signal,
  }
  const values = { model: 'p', explain: page, format: 'jsonl' }
  const status = await score.run({ values, positionals: images, io })
  return { status, said, html: await readFile(join(page, 'index.html'), 'utf8') }
}

test('names as long as a file may have, also of the same beginning', async () => {
  const names = ['ä'.repeat(125), 'n'.repeat(250), `${'n'.repeat(249)}m`]
  const images = names.map((name) => join(folder, `${name}.jpg`))
  for (const [i, image] of images.entries()) await copyFile(paths[i]!, image)
  const page = join(folder, 'long')
  const { status, html } = await explain(images, page)
  assert.equal(status, 0)
  const pictures = (await readdir(page)).filter((name) => name !== 'index.html')
  assert.equal(pictures.length, 3)
  for (const picture of pictures) assert.ok(html.includes(encodeURIComponent(picture)), picture)
})

test('an image that is gone or damaged when it is read again has its error on the page, and the status is 2', async () => {
  const images = [0, 1, 2].map((i) => join(folder, `again-${i}.jpg`))
  for (const [i, image] of images.entries()) await copyFile(paths[i]!, image)
  const { status, said, html } = await explain(images, join(folder, 'gone'), async () => {
    await rm(images[0]!)
    await writeFile(images[1]!, 'no image')
  })
  assert.equal(status, 2)
  assert.match(said, /wrote .*index\.html, where 2 images could not be read a second time/)
  assert.equal(html.match(/<article>/g)?.length, 3)
  assert.equal(html.match(/could not be read a second time/g)?.length, 2)
  assert.match(html, /again-2\.heatmap\.png/)
})

test('heat maps in a folder of images are neither scored nor learnt by the next run', async () => {
  const run = (args: readonly string[]) => runCommand(args, { cwd: folder, home: join(folder, 'home') })
  assert.equal((await run(['score', 'train', '--model', 'p', '--explain', 'train/why'])).status, 0)
  const { status, out, err } = await run(['score', 'train', '--model', 'p', '--format', 'jsonl'])
  assert.equal(status, 0)
  assert.equal(out.trim().split('\n').length, 24)
  assert.match(err, /24 made by oneclass \(train\/why\/|24 made by oneclass \(why\//)
  const one = await run(['score', 'train/why/part-000.heatmap.png', '--model', 'p', '--format', 'jsonl'])
  assert.equal(one.out.trim().split('\n').length, 1, 'named by itself it is scored')
})
