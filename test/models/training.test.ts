/**
 * Every step of the recipe in models/training on a handful of drawn images: packs, a warm start, steps of training with both
 * teachers, a release that opens as a backbone, the same in 8 bits, and a choice by development sets. Needs Python with torch
 * and the teachers beside the project.
 */
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'node:test'
import { promisify } from 'node:util'
import { openBackbone } from '../../src/features/registry.ts'
import { temporaryFolder } from '../support/temporary.ts'

const python = '/usr/bin/python3'
const recipe = 'models/training'
const teachers = {
  v2: '../shared/backbones/mobilenet-v2-224-imagenet.onnx',
  v1: '../shared/backbones/mobilenet-v1-224-imagenet-whole.onnx',
}
const missing = findMissing()

function findMissing(): string | undefined {
  if (!Object.values(teachers).every((path) => existsSync(path))) return 'no teachers beside the project'
  try {
    execFileSync(python, ['-c', 'import onnx, PIL, scipy, sklearn, torch'], { stdio: 'ignore' })
  } catch {
    return `${python} has not all of onnx, PIL, scipy, scikit-learn and torch`
  }
  return undefined
}

const drawImages = `
import random, sys
sys.path.insert(0, '${recipe}')
from drawn import draw_image
from pathlib import Path
rng = random.Random(5)
for folder, count in (('images/tiny/tiny-imagenet-200/train/a/images', 8),
                      ('images/animals/ape', 8), ('images/animals/wolf', 8),
                      ('sets/hotdog/train/positive', 9), ('sets/hotdog/train/negative', 6),
                      ('images/toys/photos/duck', 3), ('images/toys/photos/snake', 2), ('images/toys/drafts', 2)):
    for i in range(count):
        path = Path(sys.argv[1], folder, f'{i}.JPEG')
        path.parent.mkdir(parents=True, exist_ok=True)
        draw_image(rng, 64).save(path)
# an image of an evaluation set, under another name: must not be trained on
copy = Path(sys.argv[1], 'sets/hotdog/train/positive/0.JPEG').read_bytes()
Path(sys.argv[1], 'images/tiny/tiny-imagenet-200/train/a/images/copy.JPEG').write_bytes(copy)
`

const findCopies = `
import sys
sys.path.insert(0, '${recipe}')
from sources import Evaluation, Image, os, training_images
evaluation, paths = Evaluation(sys.argv[2]), training_images(sys.argv[1])['tiny']
print(len(paths), *[os.path.basename(p) for p in paths if evaluation.is_near(Image.open(p), 3)])
`

test('the recipe makes a backbone', { skip: missing }, async (t) => {
  const folder = await temporaryFolder(t)
  const at = (name: string) => join(folder, name)
  const run = async (program: string, ...args: string[]) =>
    (
      await promisify(execFile)(program, args, {
        env: { ...process.env, OMP_NUM_THREADS: '1', PYTHONWARNINGS: 'ignore' },
      })
    ).stdout
  const step = (script: string, ...args: string[]) => run(python, join(recipe, script), ...args)
  const node = (script: string, ...args: string[]) => run(process.execPath, join(recipe, script), ...args)
  await run(python, '-c', drawImages, folder)
  assert.equal(await run(python, '-c', findCopies, at('images'), at('sets')), '9 copy.JPEG\n')
  const source = ['--images', at('images'), '--exclude', at('sets'), '--out', at('packs')]
  assert.match(await step('pack.py', ...source, '--drawn', '6'), /^12 photos; [01] too small or near/)
  // the table names a folder; what shows a kind that is held out is not taken
  const table = ['folder', 'repository', 'commit', 'licence', 'most', 'below', 'what']
  await writeFile(at('more.tsv'), `${table.join('\t')}\ntoys\to/toys\tabc\tnone\t9\tphotos\ttoys\n`)
  assert.match(await step('pack.py', ...source, '--more', at('more.tsv'), '--tag', 'b'), /^3 photos; 0 too small/)

  const packs = ['--packs', at('packs')]
  const read = await step(
    'warm.py',
    '--from',
    'models/oc-s2/model.onnx',
    '--count',
    '12',
    '--out',
    at('start.pt'),
    ...packs,
  )
  assert.match(read, /^25 layers read/)
  const trained = await step(
    ...['distil.py', '--device', 'cpu', '--v2', teachers.v2, '--v1', teachers.v1, '--start', at('start.pt')],
    ...[
      '--out',
      at('run'),
      '--workers',
      '0',
      '--capacity',
      '40',
      '40',
      '--least',
      '3',
      '--batch',
      '4',
      '--sample',
      '8',
    ],
    ...['--settle', '8', '--steps', '2', ...packs],
  )
  assert.match(trained, /head pooled_v1: error/)
  assert.match(trained, /done 2 16\n$/)

  await step('export.py', '--checkpoint', at('run/checkpoint.pt'), '--out', at('oc-x'), '--id', 'oc-x')
  const backbone = await openBackbone(at('oc-x/model.onnx'), { home: at('home'), threads: 1 })
  t.after(() => backbone.close())
  assert.deepEqual(
    backbone.maps?.map(({ name, stride }) => [name, stride]),
    [
      ['map8', 8],
      ['map16', 16],
    ],
  )
  const pixels = { width: 320, height: 320, data: new Uint8Array(320 * 320 * 3).fill(99) }
  const [look] = await backbone.look!([pixels])
  assert.ok(look && 'embedding' in look, String(look))
  assert.deepEqual(
    look.maps.map(({ height, width }) => [height, width]),
    [
      [40, 40],
      [20, 20],
    ],
  )

  const eight = ['--from', at('oc-x'), ...packs, '--out', at('oc-x8'), '--id', 'oc-x8', '--count', '8']
  await step('quantise.py', ...eight)
  const { size } = await stat(at('oc-x8/model.onnx'))
  assert.ok(size < 14e6, `${size} bytes`)
  const small = await openBackbone(at('oc-x8/model.onnx'), { home: at('home'), threads: 1 })
  t.after(() => small.close())
  assert.equal(small.id, 'oc-x8')
  const [near] = await small.look!([pixels])
  assert.ok(near && 'embedding' in near, String(near))
  assert.ok(cosine(near.embedding, look.embedding) > 0.8, String(cosine(near.embedding, look.embedding)))
  assert.equal(near.maps[0]!.data.length, look.maps[0]!.data.length)

  await step(
    'evaluate.py',
    'prepare',
    '--images',
    at('images'),
    '--shared',
    at('sets'),
    '--out',
    at('dev'),
    '--size',
    '64',
  )
  const features = ['--out', at('dev/x.npz')]
  await step(
    'evaluate.py',
    'probe',
    '--checkpoint',
    at('run/checkpoint.pt'),
    '--list',
    at('dev/dev-64.npy'),
    ...features,
  )
  const dev = ['--rows', at('dev/dev.json'), '--features']
  const chosen = await step(
    'evaluate.py',
    'choose',
    ...dev,
    at('dev/x.npz'),
    '--combinations',
    'pooled_v2+pooled_v1:.5+top_std^.5:1.4',
  )
  assert.match(chosen, /hotdog [01]\.\d+ animals [01]\.\d+ unseen/)
  await node('embed.mjs', at('oc-x/model.onnx'), at('dev/dev-64.npy'), at('dev/x'))
  assert.match(await step('evaluate.py', 'file', ...dev, at('dev/x.embedding.f32')), /all [01]\.\d+/)
})

function cosine(a: Float32Array, b: Float32Array): number {
  const product = (p: Float32Array, q: Float32Array) => p.reduce((sum, value, i) => sum + value * q[i]!, 0)
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b))
}
