/**
 * Does another detector that isolates add to the ensemble? Each kind of `isolation-kinds.ts` in the place of the forest: fitted on the
 * same held-out views, alone, joined with the SVM, and joined with both.
 *
 *   node dist/bench/isolation.js [--data ../shared/data] [--cifar DIR] [--only PART-OF-KIND] [--seed 1]
 *
 * Nothing here sees a test image: of the sets of `--data` a third of train/positive (the last in the order of names) is held out and judged
 * against train/negative; of CIFAR-10's training part 200 images of a class are fitted and 300 judged against 900 of the others.
 */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Matrix, takeRows } from '../src/core/matrix.ts'
import { createRandom, type Random } from '../src/core/random.ts'
import { drawFolds, heldOutView } from '../src/detectors/held-out.ts'
import { unitOf } from '../src/detectors/join.ts'
import { scoreMembers } from '../src/detectors/members.ts'
import { fitPooled } from '../src/detectors/pooled-fit.ts'
import { choosePreprocess, keepLengths } from '../src/detectors/preprocess.ts'
import { applySymmetricWhitening, fitWhitening, whiten } from '../src/detectors/whitening.ts'
import { auroc } from '../src/evaluation/metrics.ts'
import { openBackbone } from '../src/features/registry.ts'
import { collectImages } from '../src/images/collect.ts'
import type { ImageSource } from '../src/images/source.ts'
import { distances, type Kind, kinds } from './isolation-kinds.ts'
import { embedAll, markdownTable, mean, share, stackRows } from './material.ts'

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    cifar: { type: 'string' },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
  },
})

interface Problem {
  readonly name: string
  readonly fit: readonly ImageSource[]
  readonly good: readonly ImageSource[]
  readonly bad: readonly ImageSource[]
}

/** AUROC by kind: alone, with the SVM, with the forest and the SVM. */
type Found = Readonly<Record<string, readonly [alone: number, withSvm: number, withBoth: number]>>

const tried = Object.entries(kinds).filter(([name]) => name.includes(values.only))
const backbone = await openBackbone(undefined, { home: '/nowhere' })
const found: { name: string; found: Found; served: number; svm: number }[] = []
for (const problem of [...(await ofSets()), ...(await ofCifar())]) {
  found.push({ name: problem.name, ...(await solve(problem)) })
  process.stderr.write(
    `${problem.name}: ensemble ${share(found.at(-1)!.served)} ${JSON.stringify(found.at(-1)!.found)}\n`,
  )
}
await backbone.close()
const groups = [
  found.filter(({ name }) => !name.startsWith('cifar')),
  found.filter(({ name }) => name.startsWith('cifar')),
]
const average = (of: (one: (typeof found)[number]) => number) =>
  groups.map((group) => (group.length > 0 ? share(mean(group.map(of))) : '-'))
console.log(
  markdownTable(
    ['detector', 'alone: sets', 'CIFAR-10', 'with the SVM: sets', 'CIFAR-10', 'with forest and SVM: sets', 'CIFAR-10'],
    [
      ['one-class SVM', ...average(({ svm }) => svm), '', '', '', ''],
      ['forest and SVM, as served', ...average(({ served }) => served), '', '', '', ''],
      ...tried.map(([kind]) => [kind, ...[0, 1, 2].flatMap((k) => average((one) => one.found[kind]![k]!))]),
    ],
  ),
)

async function solve({ fit, good, bad }: Problem): Promise<{ found: Found; served: number; svm: number }> {
  const random = createRandom(Number(values.seed))
  const [own, others, wrong] = [
    await embedAll(backbone, fit),
    await embedAll(backbone, good),
    await embedAll(backbone, bad),
  ]
  const kept = choosePreprocess(own.X, 'l2')
  const X = keepLengths(own.X, kept)
  const judged = keepLengths(stackRows(others.X, wrong.X), kept)
  const isPositive = Uint8Array.from({ length: judged.rows }, (_, i) => Number(i < others.X.rows))
  const area = (scores: Float64Array) => auroc(scores, isPositive)
  const pooled = await fitPooled(X, { groups: own.groups }, random)
  const { symmetric, principal } = whiten(pooled.whitening, judged)
  const members = scoreMembers(pooled, symmetric, principal)
  const inUnits = (scores: Float64Array, heldOut: Float64Array) => {
    const { median, spread } = unitOf(heldOut)
    return scores.map((score) => (score - median) / spread)
  }
  const forest = inUnits(members.isolationForest, pooled.heldOut.isolationForest)
  const svm = inUnits(members.oneClassSvm, pooled.heldOut.oneClassSvm)
  const sum = (...parts: Float64Array[]) => parts[0]!.map((_, i) => parts.reduce((all, part) => all + part[i]!, 0))
  const rounds = pooled.holdOut.rounds.map(({ fit: rows, held }) => {
    const inside = takeRows(X, rows)
    return {
      held,
      view: viewOf(
        inside,
        rows.map((i) => pooled.holdOut.groups[i]!),
        random,
      ),
      judged: applySymmetricWhitening(fitWhitening(inside), takeRows(X, held)),
    }
  })
  const view = viewOf(X, pooled.holdOut.groups, random)
  const result = tried.map(([name, kind]) => {
    const heldOut = new Float64Array(X.rows)
    for (const round of rounds)
      scoreBy(kind, round.view, round.judged, random.fork(name)).forEach((score, k) => {
        heldOut[round.held[k]!] = score
      })
    const alone = inUnits(scoreBy(kind, view, symmetric, random.fork(name)), heldOut)
    return [name, [area(alone), area(sum(alone, svm)), area(sum(alone, forest, svm))]] as const
  })
  return { found: Object.fromEntries(result), served: area(sum(forest, svm)), svm: area(svm) }
}

function viewOf(X: Matrix, groups: ArrayLike<number>, random: Random): Matrix {
  return heldOutView(X, drawFolds(X.rows, 8, random.fork('view'), groups))
}

function scoreBy(kind: Kind, fit: Matrix, judged: Matrix, random: Random): Float64Array {
  return kind({ fit, judged, within: distances(fit, fit), across: distances(judged, fit) }, random)
}

async function ofSets(): Promise<Problem[]> {
  if (!existsSync(values.data)) return []
  const problems: Problem[] = []
  for (const name of (await readdir(values.data)).sort()) {
    const train = join(values.data, name, 'train')
    if (!existsSync(join(train, 'negative'))) continue
    const [positive, bad] = [await collectImages(join(train, 'positive')), await collectImages(join(train, 'negative'))]
    const cut = Math.round((positive.length * 2) / 3)
    problems.push({ name, fit: positive.slice(0, cut), good: positive.slice(cut), bad })
  }
  return problems
}

async function ofCifar(): Promise<Problem[]> {
  if (values.cifar === undefined) return []
  const train = join(values.cifar, 'train')
  const classes = (await readdir(train)).sort()
  const images = await Promise.all(classes.map(async (name) => await collectImages(join(train, name))))
  return classes.map((name, c) => ({
    name: `cifar ${name}`,
    fit: images[c]!.slice(0, 200),
    good: images[c]!.slice(200, 500),
    bad: images.flatMap((other, k) => (k === c ? [] : other.slice(200, 300))),
  }))
}
