import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openBackbone } from '../../src/features/registry.ts'
import { openTfjs } from '../../src/features/tfjs/tfjs.ts'
import { readTfjsFiles } from '../../src/features/tfjs/tfjs-files.ts'
import { assertClose, pixels } from '../support/networks.ts'

const tf = await import('@tensorflow/tfjs-core').catch(() => undefined)
const layers = await import('@tensorflow/tfjs-layers').catch(() => undefined)
const wasm = await import('@tensorflow/tfjs-backend-wasm').catch(() => undefined)
const skip = tf && layers && wasm ? false : 'TensorFlow.js, an optional dependency, is not installed'

describe('a TensorFlow.js model.json', { skip }, () => {
  let folder = ''
  const side = 16
  const image = pixels(side, side, 4)
  let expected: number[] = []

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oneclass-tfjs-'))
    await tf!.setBackend('wasm')
    await tf!.ready()
    const model = layers!.sequential({
      layers: [
        layers!.layers.conv2d({ inputShape: [side, side, 3], filters: 5, kernelSize: 3, activation: 'relu' }),
        layers!.layers.globalAveragePooling2d({ dataFormat: 'channelsLast', name: 'pool' }),
        layers!.layers.dense({ units: 7, activation: 'softmax' }),
      ],
    })
    const input = tf!.tensor4d(
      Float32Array.from(image.data, (value) => value / 127.5 - 1),
      [1, side, side, 3],
    )
    const features = layers!.model({ inputs: model.inputs, outputs: model.getLayer('pool').output as never })
    expected = Array.from(await (features.predict(input) as typeof input).data())
    await model.save(
      tf!.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
        const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }]
        await writeFile(join(folder, 'weights.bin'), new Uint8Array(weightData as ArrayBuffer))
        await writeFile(
          join(folder, 'model.json'),
          JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest }),
        )
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' as const } }
      }),
    )
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('is opened without a manifest: its pooled features, x / 127.5 - 1, with a notice', async () => {
    const notices: string[] = []
    const backbone = await openBackbone(join(folder, 'model.json'), {
      home: folder,
      onNotice: (notice) => notices.push(notice),
    })
    try {
      assert.equal(backbone.dim, 5)
      assert.deepEqual(backbone.target, { width: side, height: side, resize: 'stretch' })
      const embeddings = await backbone.embed(
        [...Array(9).keys()].map((i) => (i === 8 ? image : pixels(side, side, i + 50))),
      )
      assert.equal(embeddings.length, 9)
      assertClose(embeddings[8] as Float32Array, expected, 1e-5)
      assert.match(notices.join(), /no manifest .*"pool" \(5 values\)/)
    } finally {
      await backbone.close()
    }
  })

  it('follows the manifest beside it, which may name any layer', async () => {
    const { sha256 } = await readTfjsFiles(join(folder, 'model.json'))
    const input = { name: 'x', width: side, height: side, layout: 'NHWC', mean: 0, std: 1 }
    const manifest = {
      id: 'tiny',
      version: 1,
      file: 'model.json',
      sha256,
      input,
      outputs: { embedding: { name: 'pool', dim: 5 } },
      tta: ['flip'],
    }
    const path = join(folder, 'model.manifest.json')
    await writeFile(path, JSON.stringify(manifest))
    const backbone = await openTfjs(join(folder, 'model.json'))
    assert.equal(backbone.id, 'tiny')
    const [embedding] = await backbone.embed([image])
    assert.equal((embedding as Float32Array).length, 5)
    await backbone.close()
    await writeFile(path, JSON.stringify({ ...manifest, sha256: '0'.repeat(64) }))
    await assert.rejects(openTfjs(join(folder, 'model.json')), {
      code: 'BACKBONE_INVALID',
      message: /damaged or another version/,
    })
    await rm(path)
  })

  it('is refused when it is damaged or reaches outside its folder', async () => {
    const path = join(folder, 'bad.json')
    const cases: [string, RegExp][] = [
      ['{', /not valid JSON/],
      ['{}', /no TensorFlow\.js model/],
      ['[]', /no TensorFlow\.js model/],
      [JSON.stringify({ modelTopology: {}, weightsManifest: [{ paths: [], weights: [null] }] }), /another form/],
      [`{"modelTopology":{"a":${'['.repeat(5000)}${']'.repeat(5000)}},"weightsManifest":[]}`, /nested too deep/],
      [
        JSON.stringify({ modelTopology: {}, weightsManifest: [{ paths: ['../weights.bin'], weights: [] }] }),
        /outside its folder/,
      ],
      [JSON.stringify({ modelTopology: {}, weightsManifest: [{ paths: ['none.bin'], weights: [] }] }), /none\.bin/],
      [JSON.stringify({ modelTopology: {}, weightsManifest: [] }), /cannot be loaded/],
    ]
    for (const [text, message] of cases) {
      await writeFile(path, text)
      await assert.rejects(openTfjs(path), { code: 'BACKBONE_INVALID', message })
    }
    await assert.rejects(openTfjs(join(folder, 'none.json')), { code: 'BACKBONE_NOT_FOUND' })
  })
})
