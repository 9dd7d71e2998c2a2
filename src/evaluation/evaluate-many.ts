/** Several models on images of several classes: which images get which labels, and whether each model keeps its promise about its own. */
import { binomialInterval } from '../core/exact-tests.ts'
import { calibrationOf, expectedFalseRejection } from '../detectors/promise.ts'
import { OneclassError, present } from '../errors.ts'
import { classifyWithModels } from '../pipeline/classify-many.ts'
import type { OpenedModel } from '../pipeline/open-models.ts'
import type { ManyEvaluation } from '../wire/evaluation-many.ts'
import type { ManyScoredImage } from '../wire/many.ts'
import { percent } from '../wire/percent.ts'
import { plural } from '../wire/plural.ts'
import type { EvaluateOptions } from './evaluate.ts'
import { judgePromise } from './judge-model.ts'
import type { Labelled } from './labelled.ts'

/**
 * @param labelled a label is a model's name, with or without its version; images of other labels should have no label
 * @throws INVALID_ARGUMENT (no label is the name of a model), TOO_FEW_IMAGES (none can be read), CANCELLED
 */
export async function evaluateModels(
  models: readonly OpenedModel[],
  { images, failed, skipped }: Labelled<string>,
  { onProgress, signal }: Omit<EvaluateOptions, 'seed'> = {},
): Promise<ManyEvaluation> {
  const ownerOf = (label: string) =>
    models.find(({ ref }) => ref === label) ?? models.find(({ info }) => info.name === label)
  const labels = [...new Set(images.map(({ label }) => label))].sort()
  if (!labels.some(ownerOf))
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `None of the labels ${labels.slice(0, 4).join(', ')} is the name of a model (${models
        .slice(0, 4)
        .map(({ ref }) => ref)
        .join(', ')}): name the folders as the models.`,
    )
  const sources = images.map(({ source }) => source)
  const unreadable: { image: string; error: ManyEvaluation['unreadable'][number]['error'] }[] = failed.map(
    ({ image, error }) => ({ image, error }),
  )
  const byLabel = new Map<string, ManyScoredImage[]>(labels.map((label) => [label, []]))
  let at = 0
  const results = classifyWithModels(models, sources, { ...(onProgress && { onProgress }), ...(signal && { signal }) })
  for await (const result of results) {
    const { label } = present(images[at++], 'the image that was judged')
    if ('models' in result) byLabel.get(label)?.push(result)
    else unreadable.push(result)
  }
  const read = [...byLabel.values()].flat()
  if (read.length === 0)
    throw new OneclassError('TOO_FEW_IMAGES', `Of ${plural(images.length, 'image')} none can be read.`)
  const refs = models.map(({ ref }) => ref)
  const classes = labels.map((label) => judgeClass(label, byLabel.get(label) ?? [], refs, ownerOf(label)))
  const share = (hits: number, of: number) => (of === 0 ? null : hits / of)
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  const owned = classes.filter(({ model }) => model !== null)
  const foreign = classes.filter(({ model }) => model === null)
  const told = {
    models: refs,
    classes,
    labelsAnImage: sum(read.map((result) => result.labels.length)) / read.length,
    bestIsRight: share(
      sum(owned.map(({ best, model }) => best[model ?? ''] ?? 0)),
      sum(owned.map((one) => one.images)),
    ),
    noneIsRight: share(sum(foreign.map(({ none }) => none)), sum(foreign.map((one) => one.images))),
    unreadable,
    skipped,
  }
  return { ...told, sentences: tell(told) }
}

function judgeClass(
  label: string,
  results: readonly ManyScoredImage[],
  refs: readonly string[],
  owner: OpenedModel | undefined,
): ManyEvaluation['classes'][number] {
  const count = (holds: (result: ManyScoredImage, ref: string) => boolean) =>
    Object.fromEntries(refs.map((ref) => [ref, results.filter((result) => holds(result, ref)).length]))
  const answers = owner ? results.flatMap(({ models }) => models[owner.ref] ?? []) : []
  const decided = answers.flatMap((answer) => ('error' in answer ? [] : answer))
  const rejected = decided.filter(({ isPositive }) => !isPositive).length
  const n = owner?.info.calibrationScores ?? 0
  const alpha = owner?.classifier.alpha ?? 0.5
  const { low, high, level } = expectedFalseRejection(n, alpha, owner ? calibrationOf(owner.info) : 'split')
  const { agrees } = judgePromise(rejected, decided.length, { alpha, n })
  return {
    label,
    images: results.length,
    model: owner?.ref ?? null,
    best: count(({ best }, ref) => best === ref),
    none: results.filter(({ best }) => best === null).length,
    accepted: count(({ labels }, ref) => labels.includes(ref)),
    rejectedByOwn:
      agrees === null
        ? null
        : {
            images: rejected,
            rate: rejected / decided.length,
            interval: binomialInterval(rejected, decided.length),
            expected: { low, high, level },
            agrees,
          },
  }
}

function tell({ classes, labelsAnImage, bestIsRight, noneIsRight }: Omit<ManyEvaluation, 'sentences'>): string[] {
  const sentences = classes.flatMap(({ label, images, rejectedByOwn: own }) => {
    if (!own) return []
    const [low, high] = own.interval
    const promised =
      own.expected.high === 0
        ? 'it can reject nothing, as its positives are too few'
        : `promised were ${percent(own.expected.low)} to ${percent(own.expected.high)} in nine of ten fits`
    const verdict = own.agrees
      ? 'the promise is kept'
      : 'more than the promise allows (chance alone brings as many for at most 1 class of 20)'
    return `${label}: ${own.images} of ${images} are missing from their own label, ${percent(own.rate)} (95 % interval ${percent(low)} to ${percent(high)}); ${promised}: ${verdict}.`
  })
  if (bestIsRight !== null) sentences.push(`The best label is the right one for ${percent(bestIsRight)} of them.`)
  if (noneIsRight !== null)
    sentences.push(`Of images of other classes, ${percent(noneIsRight)} have no label, as they should.`)
  sentences.push(`An image has ${labelsAnImage.toFixed(2)} labels on average.`)
  return sentences
}
