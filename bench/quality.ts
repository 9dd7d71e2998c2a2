/**
 * Are defects found, and found where they are? By the product's own path, with places and without.
 *
 *   node dist/bench/quality.js DIR [--masks DIR2] [--backbone ID|FILE] [--peers FILE.onnx] [--detail 1] [--seed 1] [--json FILE]
 *
 * DIR holds train/positive, test/positive and test/negative; DIR2 masks of test negatives, PNG files of the same names, white where the
 * defect is. `--peers` also runs the recipes of PaDiM and PatchCore on the maps of a network whose manifest names some. `test/` is scored
 * and used for nothing else. CPU times are those of all threads; on a machine that others use only their ratios mean something.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { aurocInterval, drawResamples, type Interval, resampledAuroc } from '../src/evaluation/bootstrap.ts'
import type { Backbone } from '../src/features/backbone.ts'
import { embedImages } from '../src/features/embed.ts'
import { openBackbone } from '../src/features/registry.ts'
import { collectImages } from '../src/images/collect.ts'
import type { ImageSource } from '../src/images/decode.ts'
import { createClassifier } from '../src/pipeline/classify.ts'
import { fitImages } from '../src/pipeline/fit.ts'
import { backboneFor } from '../src/pipeline/model-backbone.ts'
import { encodeArtifact } from '../src/store/artifact.ts'
import type { Detail } from '../src/wire/fit-choices.ts'
import type { Scored } from '../src/wire/result.ts'
import { createPixelJudge, type PixelJudge, readMask } from './defect-masks.ts'
import { markdownTable, share, wilson } from './material.ts'
import { judgePeers } from './peers/maps.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    masks: { type: 'string' },
    backbone: { type: 'string' },
    peers: { type: 'string' },
    detail: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
})
const [folder] = positionals
if (folder === undefined) throw new Error('Usage: node dist/bench/quality.js DIR [--masks DIR2] [--peers FILE.onnx]')
const detail = values.detail ? (Number(values.detail) as Detail) : undefined
const seed = Number(values.seed)

interface Judged {
  readonly way: string
  readonly auroc: number
  readonly interval: Interval
  readonly falseRejection: number
  readonly found: number
  readonly megabytes: number
  readonly fitCpu: number
  readonly imageCpu: number
  readonly places: unknown
  readonly shown?: ReturnType<PixelJudge['result']> & { readonly goodMarked: number }
}

const home = await mkdtemp(join(tmpdir(), 'oneclass-quality-'))
const network = await openBackbone(values.backbone, { home })
try {
  const [train, good, bad] = await Promise.all(
    ['train/positive', 'test/positive', 'test/negative'].map((part) => collectImages(join(folder, part))),
  )
  const images: Images = { train: train!, good: good!, bad: bad! }
  console.log(
    `${network.id}, ${network.hash.slice(0, 12)}; ${train!.length} to fit, ${good!.length} good, ${bad!.length} bad; seed ${seed}.\n`,
  )
  const judged = [await judge('whole images', images, false), await judge('with places', images, true)]
  print(judged, images)
  if (values.json) await writeFile(values.json, JSON.stringify(judged, null, 1))
  if (values.peers) {
    const peer = await openBackbone(values.peers, { home })
    const rows = await judgePeers(peer, images, (name) => (values.masks ? readMask(values.masks, name) : undefined))
    console.log(`\nRecipes on the maps of ${peer.id}:\n${markdownTable(['recipe', 'AUROC', 'pixel AUROC'], rows)}`)
    await peer.close()
  }
} finally {
  await network.close()
  await rm(home, { recursive: true, force: true })
}

interface Images {
  readonly train: readonly ImageSource[]
  readonly good: readonly ImageSource[]
  readonly bad: readonly ImageSource[]
}

async function judge(way: string, { train, good, bad }: Images, patches: boolean): Promise<Judged> {
  let from = process.cpuUsage()
  const { artifact } = await fitImages(train, network, { seed, patches, ...(patches && detail && { detail }) })
  const fitCpu = seconds(from)
  const classifier = createClassifier(artifact, { model: 'quality@1' })
  const backbone = backboneFor(artifact, network)
  from = process.cpuUsage()
  const results = await scoreAll(backbone, [...good, ...bad])
  const imageCpu = (1000 * seconds(from)) / results.length
  const isPositive = results.map((_, i) => (i < good.length ? 1 : 0))
  const scores = results.map(({ scored }) => scored.score)
  const rejected = (of: typeof results) => of.filter(({ scored }) => !scored.isPositive).length / of.length
  const area = resampledAuroc(scores, isPositive, drawResamples(isPositive, 500, seed))
  const common = {
    ...{ way, auroc: area.value, interval: aurocInterval(area), fitCpu, imageCpu },
    falseRejection: rejected(results.slice(0, good.length)),
    found: rejected(results.slice(good.length)),
    megabytes: encodeArtifact(artifact).length / 1e6,
    places: artifact.facts?.places ?? null,
  }
  if (!artifact.patches) return common
  const pixels = createPixelJudge()
  for (const [i, { source, scored, heat, size }] of results.entries()) {
    const mask = i < good.length ? null : values.masks && (await readMask(values.masks, source.name))
    if (mask !== undefined) pixels.add(source.name, heat!, scored.regions ?? [], mask || null, size)
  }
  const marked = results.slice(0, good.length).filter(({ scored }) => scored.regions?.length)
  return { ...common, shown: { ...pixels.result(), goodMarked: marked.length / good.length } }

  async function scoreAll(of: Backbone, sources: readonly ImageSource[]) {
    const all = []
    for await (const seen of embedImages(of, sources, { maps: classifier.needsMaps })) {
      if (seen.error) throw seen.error
      const scored: Scored = classifier.score(seen)
      all.push({ source: seen.source, scored, heat: classifier.heatOf(seen.maps), size: seen.original })
    }
    return all
  }
}

function seconds(from: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(from)
  return (user + system) / 1e6
}

function print(judged: readonly Judged[], { good, bad }: Images): void {
  const range = ([low, high]: Interval) => `${share(low)} to ${share(high)}`
  const counted = (part: number, of: number) => `${share(part)} (${range(wilson(Math.round(part * of), of))})`
  const head = ['', 'AUROC (95 %)', 'good rejected', 'bad rejected', 'model, MB', 'CPU s a fit', 'CPU ms an image']
  const rows = judged.map((one) => [
    ...[one.way, `${share(one.auroc)} (${range(one.interval)})`, counted(one.falseRejection, good.length)],
    ...[counted(one.found, bad.length), one.megabytes.toFixed(1), one.fitCpu.toFixed(0), one.imageCpu.toFixed(0)],
  ])
  console.log(markdownTable(head, rows))
  for (const { shown, places } of judged) {
    if (!shown) continue
    console.log(
      `\nPlaces: ${JSON.stringify(places)}. Good images with a mark: ${counted(shown.goodMarked, good.length)}.`,
    )
    if (shown.kinds.length === 0) continue
    console.log(`Pixel AUROC ${share(shown.pixelAuroc)}. The hottest region lies on the defect:`)
    console.log(
      markdownTable(
        ['kind', 'images', 'hit'],
        shown.kinds.map(({ kind, images, hits }) => [kind, `${images}`, counted(hits / images, images)]),
      ),
    )
  }
}
