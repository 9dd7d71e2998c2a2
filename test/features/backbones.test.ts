import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { OneclassError } from '../../src/errors.ts'
import { checkBackbone } from '../../src/features/check.ts'
import { parseManifest } from '../../src/features/manifest.ts'
import { listBackbones, openBackbone, openBackboneOf } from '../../src/features/registry.ts'
import { sha256 } from '../../src/system/sha256.ts'
import { assertClose, expectedMean, meanColourNetwork, pixels, type Shape } from '../support/networks.ts'

let folder = ''
let home = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneclass-backbones-'))
  home = join(folder, 'home')
})
afterEach(() => rm(folder, { recursive: true }))

async function write(shape: Shape = {}, name = 'net.onnx'): Promise<{ path: string; bytes: Uint8Array }> {
  const bytes = meanColourNetwork(shape)
  const path = join(folder, name)
  await writeFile(path, bytes)
  return { path, bytes }
}

function manifestOf(bytes: Uint8Array, changes: object = {}): Record<string, unknown> {
  const input = {
    name: 'image',
    width: 8,
    height: 8,
    layout: 'NCHW',
    channels: 'RGB',
    resize: 'stretch',
    mean: [0, 0, 0],
    std: [1, 1, 1],
  }
  const outputs = { embedding: { name: 'embedding', dim: 4 } }
  return { id: 'mean-colour', version: 2, file: 'net.onnx', sha256: sha256(bytes), input, outputs, ...changes }
}

async function embedOne(path: string, side = 8, seed = 5) {
  const notices: string[] = []
  const backbone = await openBackbone(path, { home, threads: 1, onNotice: (notice) => notices.push(notice) })
  const image = pixels(side, side, seed)
  const [embedding] = await backbone.embed([image])
  if (!(embedding instanceof Float32Array)) throw embedding
  await backbone.close()
  return { backbone, image, embedding, notices }
}

describe('an .onnx file without a manifest', () => {
  it('is fed x / 127.5 - 1, with a notice', async () => {
    const { path } = await write()
    const { backbone, image, embedding, notices } = await embedOne(path)
    assert.equal(backbone.id, 'net')
    assert.deepEqual(backbone.target, { width: 8, height: 8, resize: 'stretch' })
    assertClose(embedding, expectedMean(image, 0.5, 0.5))
    assert.match(notices.join(), /no manifest .*x \/ 127\.5 - 1/)
  })

  it('gives the features before the last layer of a classifier', async () => {
    const { path } = await write({ classifier: true, output: 'probabilities' })
    const { backbone, image, embedding, notices } = await embedOne(path)
    assert.equal(backbone.dim, 4)
    assertClose(embedding, expectedMean(image, 0.5, 0.5))
    assert.match(notices.join(), /before its last layer/)
  })

  it('takes 224 pixels where sides are free, and a fixed batch one by one', async () => {
    const { path } = await write({ side: 'side', batch: 1 })
    const backbone = await openBackbone(path, { home, threads: 1 })
    assert.equal(backbone.target.width, 224)
    const images = [1, 2, 3].map((seed) => pixels(224, 224, seed))
    const embeddings = await backbone.embed(images)
    for (const [i, embedding] of embeddings.entries()) {
      assertClose(embedding as Float32Array, expectedMean(images[i]!, 0.5, 0.5), 1e-3)
    }
    await backbone.close()
  })

  it('is refused with a sentence when it is no network or not a path to one', async () => {
    const path = join(folder, 'bad.onnx')
    await writeFile(path, 'not a network')
    await assert.rejects(openBackbone(path, { home }), { code: 'BACKBONE_INVALID', message: /bad\.onnx/ })
    const { bytes } = await write()
    await writeFile(path, bytes.subarray(0, bytes.length - 40))
    await assert.rejects(openBackbone(path, { home }), { code: 'BACKBONE_INVALID' })
    await assert.rejects(openBackbone(join(folder, 'none.onnx'), { home }), { code: 'BACKBONE_NOT_FOUND' })
  })
})

describe('an .onnx file with a manifest beside it', () => {
  for (const name of ['net.onnx.manifest.json', 'net.manifest.json', 'net.json', 'manifest.json']) {
    it(`named ${name}`, async () => {
      const { path, bytes } = await write()
      await writeFile(join(folder, name), JSON.stringify(manifestOf(bytes)))
      const { backbone, image, embedding, notices } = await embedOne(path)
      assert.equal(backbone.id, 'mean-colour')
      assertClose(embedding, expectedMean(image, 0, 1))
      assert.deepEqual(notices, [])
    })
  }

  it('averages over the mirrored image, swaps channels', async () => {
    const { path, bytes } = await write()
    await writeFile(join(folder, 'net.json'), JSON.stringify(manifestOf(bytes, { tta: ['flip'] })))
    const { image, embedding } = await embedOne(path)
    assertClose(embedding, expectedMean(image, 0, 1))
  })

  it('must describe the file, its hash and its shapes', async () => {
    const { path, bytes } = await write()
    const input = manifestOf(bytes)['input'] as object
    const wrong: [object, RegExp][] = [
      [{ sha256: '0'.repeat(64) }, /damaged or another version/],
      [{ outputs: { embedding: { name: 'embedding', dim: 5 } } }, /n x 5/],
      [{ outputs: { embedding: { name: 'nope', dim: 4 } } }, /no output "nope"/],
      [{ input: { ...input, name: 'x' } }, /no input "x"/],
      [{ input: { ...input, width: 9 } }, /shape/],
      [{ file: 'other.onnx' }, /describes "other\.onnx"/],
    ]
    for (const [changes, message] of wrong) {
      await writeFile(join(folder, 'net.json'), JSON.stringify(manifestOf(bytes, changes)))
      await assert.rejects(openBackbone(path, { home }), { code: 'BACKBONE_INVALID', message }, String(message))
    }
  })

  it('names the field that is wrong', () => {
    const bytes = meanColourNetwork()
    const input = manifestOf(bytes)['input'] as object
    const wrong: [unknown, RegExp][] = [
      [[], /expected an object for the manifest/],
      [manifestOf(bytes, { id: '../x' }), /for id but received "\.\.\/x"/],
      [manifestOf(bytes, { file: '../net.onnx' }), /for file/],
      [manifestOf(bytes, { file: '/etc/passwd' }), /for file/],
      [manifestOf(bytes, { sha256: 'ABC' }), /for sha256/],
      [manifestOf(bytes, { input: { ...input, std: [1, 0, 1] } }), /input\.std/],
      [manifestOf(bytes, { input: { ...input, mean: [1, null, 1] } }), /input\.mean/],
      [manifestOf(bytes, { input: { ...input, layout: 'HWC' } }), /input\.layout/],
      [manifestOf(bytes, { input: { ...input, width: 1e9 } }), /input\.width/],
      [manifestOf(bytes, { tta: ['spin'] }), /tta\[0\]/],
      [manifestOf(bytes, { outputs: {} }), /outputs\.embedding/],
    ]
    for (const [value, message] of wrong) {
      assert.throws(() => parseManifest(JSON.stringify(value), 'm.json'), { code: 'BACKBONE_INVALID', message })
    }
    assert.throws(() => parseManifest('{', 'm.json'), { code: 'BACKBONE_INVALID', message: /m\.json/ })
  })
})

it('takes the manifest that docs/models.md shows', async () => {
  const text = await readFile('docs/models.md', 'utf8')
  const shown = text.split('```json').find((part) => part.includes('"sha256"'))!
  const manifest = parseManifest(shown.split('```')[0]!, 'docs/models.md')
  assert.deepEqual([manifest.tta, manifest.outputs.maps?.length, manifest.input.multipleOf], [['flip'], 2, 32])
})

describe('the registry', () => {
  it('opens every embedded backbone, each with the maps that its manifest names', async () => {
    const embedded = (await listBackbones({ home })).filter(({ kind }) => kind === 'embedded')
    assert.deepEqual(embedded.map(({ id }) => id).sort(), ['oc-s2', 'oc-s3', 'oc-s3-float'])
    for (const { id, dim } of embedded) {
      const backbone = await openBackbone(id, { home, threads: 1 })
      const { width, height } = backbone.target
      const [look] = await backbone.look!([{ width, height, data: new Uint8Array(width * height * 3).fill(80) }])
      assert.ok(look && 'maps' in look, String(look))
      assert.equal(look.embedding.length, dim)
      assert.deepEqual(
        look.maps.map((map) => [map.channels, map.width]),
        backbone.maps?.map(({ channels, stride }) => [channels, width / stride]),
      )
      await backbone.close()
    }
  })

  it('opens the embedded backbone by default and lists it first', async () => {
    const [first] = await listBackbones({ home })
    assert.ok(first?.isDefault && first.kind === 'embedded')
    const backbone = await openBackbone(undefined, { home, threads: 1 })
    assert.equal(backbone.id, first.id)
    assert.equal(backbone.dim, first.dim)
    await backbone.close()
    const check = await checkBackbone(undefined, { home, threads: 1 })
    assert.equal(check.deterministic, true)
    assert.equal(check.hash, backbone.hash)
  })

  it('opens a pulled one by its id', async () => {
    const bytes = meanColourNetwork()
    await mkdir(join(home, 'backbones', 'mean-colour'), { recursive: true })
    await writeFile(join(home, 'backbones', 'mean-colour', 'net.onnx'), bytes)
    await writeFile(join(home, 'backbones', 'mean-colour', 'manifest.json'), JSON.stringify(manifestOf(bytes)))
    const backbone = await openBackbone('mean-colour', { home, threads: 1 })
    assert.equal(backbone.dim, 4)
    await backbone.close()
    assert.ok((await listBackbones({ home })).some(({ id, kind }) => id === 'mean-colour' && kind === 'pulled'))
  })

  it('finds the file of a model again by its hash, and says when it changed or went', async () => {
    const { path } = await write()
    const { backbone } = await embedOne(path)
    const model = { id: backbone.id, hash: backbone.hash }
    const again = await openBackboneOf(model, { home, threads: 1 })
    assert.equal(again.hash, model.hash)
    await again.close()
    await write({ classifier: true })
    await assert.rejects(openBackboneOf({ ...model, label: 'ring@3' }, { home }), {
      code: 'BACKBONE_MISMATCH',
      message: /"ring@3" was fitted .*fit --from-model ring@3 --backbone/,
    })
    await rm(path)
    await assert.rejects(openBackboneOf(model, { home }), { code: 'BACKBONE_NOT_FOUND', message: /as the backbone/ })
  })

  it('says what to do about a model whose backbone came with another version of oneclass', async () => {
    const gone = openBackboneOf({ id: 'oc-s1', hash: 'x', label: 'ring@3' }, { home })
    await assert.rejects(gone, {
      code: 'BACKBONE_NOT_FOUND',
      message: /Fit the model again \(oneclass fit --from-model ring@3 --backbone ID\).* "models\/oc-s1" to ".*oc-s1"/,
    })
  })

  it('does not know other names, nor paths in disguise', async () => {
    await assert.rejects(openBackbone('nonesuch', { home }), { code: 'BACKBONE_NOT_FOUND', message: /nonesuch/ })
    await assert.rejects(openBackbone('mobilenetv2', { home }), {
      code: 'BACKBONE_NOT_FOUND',
      message: /backbones pull mobilenetv2/,
    })
    await assert.rejects(openBackbone('..', { home }), OneclassError)
  })
})
