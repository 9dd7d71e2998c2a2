/**
 * What negatives are worth, and whether they ever harm: on the test images of a set, with and without a head.
 *
 *   node dist/bench/negatives.js SET SET... [--few 5] [--draws 5] [--json FILE]
 *
 * Each SET holds train/positive, train/negative, test/positive and test/negative; whole images, as they are. The kind of a test negative is the tag
 * before `__` in its name: most kinds of a test are not those of the training. `foreign` takes the training negatives of the
 * next set, which have nothing to do with this one. `test/` is scored and used for nothing else.
 */
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Matrix, takeRows } from '../src/core/matrix.ts'
import { createRandom, sample } from '../src/core/random.ts'
import { areaUnder } from '../src/detectors/area-under.ts'
import { openBackbone } from '../src/features/registry.ts'
import { collectImages } from '../src/images/collect.ts'
import { createClassifier } from '../src/pipeline/classify.ts'
import { fitFeatures } from '../src/pipeline/fit-features.ts'
import { embedAll, markdownTable, mean, share, stackRows } from './material.ts'

const { values, positionals: sets } = parseArgs({
  allowPositionals: true,
  options: {
    few: { type: 'string', default: '5' },
    draws: { type: 'string', default: '5' },
    json: { type: 'string' },
  },
})
if (sets.length === 0) throw new Error('Usage: node dist/bench/negatives.js SET SET...')
const few = Number(values.few)
const draws = Number(values.draws)

interface Part {
  readonly X: Matrix
  readonly groups: readonly number[]
  readonly kinds: readonly string[]
}

/** AUROC of all test images, and of each kind of negatives with at least ten of them. */
interface Areas {
  readonly all: number
  readonly kinds: ReadonlyMap<string, number>
}

const backbone = await openBackbone(undefined, { home: '/nonexistent' })
const read = async (folder: string): Promise<Part> => {
  const images = await collectImages(folder)
  const { X, groups, unreadable } = await embedAll(backbone, images)
  if (unreadable > 0) throw new Error(`${unreadable} images of ${folder} cannot be read`)
  return { X, groups, kinds: images.map(({ name }) => /([^/]+?)__/.exec(name)?.[1] ?? 'all') }
}
const read4 = async (set: string) => ({
  name: basename(set),
  positive: await read(join(set, 'train/positive')),
  negative: await read(join(set, 'train/negative')),
  good: await read(join(set, 'test/positive')),
  bad: await read(join(set, 'test/negative')),
})
const all: Awaited<ReturnType<typeof read4>>[] = []
for (const set of sets) all.push(await read4(set))
await backbone.close()

const rows: string[][] = []
const told: object[] = []
for (const [s, { name, positive, negative, good, bad }] of all.entries()) {
  const T = stackRows(good.X, bad.X)
  const judge = async (negatives: Matrix | undefined): Promise<Areas & { readonly rejected: number }> => {
    const artifact = await fitFeatures(positive.X, { groups: positive.groups, negatives })
    const results = createClassifier(artifact, { model: name }).scoreMatrix(T)
    const scores = results.map(({ score }) => score)
    const [ofGood, ofBad] = [scores.slice(0, good.X.rows), scores.slice(good.X.rows)]
    const kinds = new Map<string, number>()
    for (const kind of new Set(bad.kinds)) {
      const own = ofBad.filter((_, i) => bad.kinds[i] === kind)
      if (own.length >= 10) kinds.set(kind, areaUnder(Float64Array.from(ofGood), Float64Array.from(own)))
    }
    const rejected = results.slice(0, good.X.rows).filter(({ isPositive }) => !isPositive).length / good.X.rows
    return { all: areaUnder(Float64Array.from(ofGood), Float64Array.from(ofBad)), kinds, rejected }
  }
  const without = await judge(undefined)
  const foreign = all[(s + 1) % all.length]
  const random = createRandom(1).fork(name)
  const ways: [string, (Matrix | undefined)[]][] = [
    ['none', [undefined]],
    [`all ${negative.X.rows}`, [negative.X]],
    [
      `${few}, ${draws} draws`,
      Array.from({ length: draws }, (_, i) =>
        takeRows(negative.X, sample(negative.X.rows, few, random.fork(`draw ${i}`))),
      ),
    ],
    ['one', [takeRows(negative.X, [0])]],
    ...(foreign && foreign.name !== name
      ? [[`foreign: ${foreign.name}`, [foreign.negative.X]] as [string, Matrix[]]]
      : []),
  ]
  for (const [way, choices] of ways) {
    const judged = []
    for (const negatives of choices) judged.push(negatives ? await judge(negatives) : without)
    const losses = judged.flatMap(({ kinds }) =>
      [...kinds].map(([kind, area]) => ({ kind, gain: area - without.kinds.get(kind)! })),
    )
    losses.sort((a, b) => a.gain - b.gain)
    const [worst] = losses
    const areas = judged.map((one) => one.all)
    const rejected = mean(judged.map((one) => one.rejected))
    told.push({ set: name, negatives: way, areas, rejected, worst })
    rows.push([
      name,
      way,
      share(mean(areas)) + (areas.length > 1 ? ` (${share(Math.min(...areas))} to ${share(Math.max(...areas))})` : ''),
      worst ? `${worst.kind}: ${worst.gain >= 0 ? '+' : '-'}${share(Math.abs(worst.gain))}` : '',
      share(rejected),
    ])
  }
}
console.log(
  markdownTable(
    ['set', 'negatives given', 'AUROC', 'kind that gains least or loses most', 'good rejected at .05'],
    rows,
  ),
)
if (values.json) await writeFile(values.json, `${JSON.stringify(told, null, 2)}\n`)
