/** Other people's data: floats, thermal bands, cut-off files, from fit to score. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import sharp from 'sharp'
import { drawFolder, type Json, json, lines, type RunOptions, runCommand } from '../support/command-line.ts'
import { tiffFile } from '../support/tiff-files.ts'

let folder = ''
let parts: string[] = []
const oneclass = (args: string[], options: Partial<RunOptions> = {}) =>
  runCommand(args, { cwd: folder, home: join(folder, 'home'), ...options })

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneclass-samples-'))
  parts = await drawFolder(join(folder, 'jpg'), 16, 5)
  await mkdir(join(folder, 'thermal'))
  for (const [i, path] of parts.entries()) {
    const { data, info } = await sharp(path).greyscale().raw().toBuffer({ resolveWithObject: true })
    const kelvin = Uint16Array.from(data, (value) => 29_000 + value * 6)
    await writeFile(
      join(folder, 'thermal', `${i}.tif`),
      tiffFile({ width: info.width, height: info.height, bits: 16 }, kelvin),
    )
  }
})
after(() => rm(folder, { recursive: true, force: true }))

test('the range of a thermal camera is found, said, kept in the model and used for scoring', async () => {
  const fitted = await oneclass(['fit', 'thermal', '--name', 't', '--no-patches', '--json'])
  assert.equal(fitted.status, 0, fitted.err)
  const { range } = json(fitted.out)
  assert.ok(
    range.low > 28_500 && range.low < 29_400 && range.high > 30_000 && range.high < 30_900,
    JSON.stringify(range),
  )
  assert.match(fitted.err, /note: samples of 2\d+\.?\d* to 3\d+\.?\d* are taken for black to white/)
  const scored = await oneclass(['score', 'thermal', '--model', 't', '--json'])
  const results = lines(scored.out).map(json)
  assert.ok(results.filter(({ isPositive }) => isPositive).length >= 14)
  assert.ok(new Set(results.map(({ score }) => score)).size > 8, 'the images differ')
  const wrong = await oneclass(['fit', 'thermal', '--name', 'x', '--range', '5,1'])
  assert.equal(wrong.status, 1)
  assert.match(wrong.err, /INVALID_ARGUMENT: Expected a range as LOW,HIGH/)
})

test('a JPEG without its end mark is used with a note; --strict refuses it', async () => {
  assert.equal((await oneclass(['fit', 'jpg', '--name', 'p', '--no-patches'])).status, 0)
  const whole = await readFile(parts[0]!)
  await writeFile(join(folder, 'short.jpg'), whole.subarray(0, -2))
  const args = ['score', parts[0]!, 'short.jpg', '--model', 'p', '--json']
  const used = await oneclass(args)
  assert.equal(used.status, 0, used.err)
  const [a, b] = lines(used.out).map(json) as [Json, Json]
  assert.equal(a['score'], b['score'])
  assert.deepEqual(
    (b['notes'] as Json[]).map(({ code }) => code),
    ['TRUNCATED'],
  )
  const strict = await oneclass([...args, '--strict'])
  assert.equal(strict.status, 2)
  assert.equal(json(lines(strict.out)[1]!)['error'].code, 'IMAGE_UNREADABLE')
})

test('images that all are blank are called blank; a rate of discoveries that no image can reach is said', async () => {
  await mkdir(join(folder, 'blank'))
  for (let i = 0; i < 8; i++)
    await sharp({ create: { width: 40, height: 30 + i, channels: 3, background: '#888' } })
      .png()
      .toFile(join(folder, 'blank', `${i}.png`))
  const blank = await oneclass(['fit', 'blank', '--name', 'b', '--no-patches'])
  assert.equal(blank.status, 1)
  assert.match(blank.err, /IMAGES_IDENTICAL: .* 8 images are blank \(one colour, such as "blank\/0\.png"\)/)
  assert.equal((await oneclass(['fit', 'jpg', '--name', 'few', '--no-patches'])).status, 0)
  const flagged = await oneclass(['score', parts[0]!, '--model', 'few', '--fdr', '0.01'])
  assert.match(flagged.err, /note: of 1 image none can be flagged at --fdr 0\.01: the smallest p-value/)
})
