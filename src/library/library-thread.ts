/**
 * The thread of the library: what computes for more than some milliseconds runs here, so that the caller's event loop stays free.
 * What only evaluations and comparisons need is loaded by them: a thread that scores starts so much sooner.
 */
import { OneclassError, present } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { imageLimits } from '../images/limits.ts'
import { classifyImages } from '../pipeline/classify.ts'
import { classifyWithModels } from '../pipeline/classify-many.ts'
import { fitFeatureModel, fitModel } from '../pipeline/fit-model.ts'
import { heatOfImage } from '../pipeline/heat.ts'
import {
  assertTakesFeatures,
  assertTakesImages,
  type LoadedModel,
  loadModel,
  openNetworkOf,
} from '../pipeline/load-model.ts'
import { type OpenedModels, openModels } from '../pipeline/open-models.ts'
import { openRegistry } from '../store/registry.ts'
import { answerCalls, type CallContext } from '../system/thread-call.ts'
import type { LibraryCalls, ScoreRequest } from './calls.ts'
import { embedAll } from './embed-all.ts'
import { borrowFrom, mapImages } from './lent-images.ts'
import { fitReplyOf } from './thread.ts'

/** What `open` and `openMany` opened: a thread serves one caller. */
let single: (LoadedModel & { readonly backbone: Backbone | undefined }) | undefined
let several: OpenedModels | undefined

function opened(): LoadedModel & { readonly backbone: Backbone } {
  const model = present(single, 'an opened model')
  if (!model.backbone) assertTakesImages(model)
  return { ...model, backbone: present(model.backbone, 'the network of an opened model') }
}

function embedOptions({ strict }: Pick<ScoreRequest, 'strict'>, { signal }: CallContext) {
  return { signal, ...(strict ? { limits: { ...imageLimits, strict: true } } : {}) }
}

async function all<T>(results: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const result of results) list.push(result)
  return list
}

answerCalls<LibraryCalls>({
  async fit({ strict, lender, positives, negatives, ...options }, { signal, report }) {
    const borrow = borrowFrom(lender)
    const fitted = await fitModel({
      ...options,
      positives: mapImages(positives, borrow),
      negatives: mapImages(negatives, borrow),
      ...(strict ? { limits: { ...imageLimits, strict } } : {}),
      signal,
      onProgress: (...progress) => report(progress),
      onNotice: (notice) => report({ notice }),
    })
    return fitReplyOf(fitted)
  },

  async fitFeatures({ X, ...options }, { signal, report }) {
    const { model, excluded } = await fitFeatureModel(X, {
      ...options,
      signal,
      onProgress: (...progress) => report(progress),
    })
    return { model, used: model.n, rejected: [], duplicates: [], excluded, notes: [], skipped: [] }
  },

  async open({ home, refs, alpha, backbone: named }) {
    const model = await loadModel(openRegistry(home), present(refs[0], 'the name of a model'), alpha)
    const backbone = model.artifact.backbone === null ? undefined : await openNetworkOf(model, { home }, named)
    single = { ...model, backbone }
    return model.info
  },

  async openMany({ home, refs, alpha }) {
    several = await openModels(openRegistry(home), refs, { home, alpha })
    const { models } = several
    const calibrationScores = new Map(models.map(({ ref, info }) => [ref, info.calibrationScores]))
    return { refs: models.map(({ ref }) => ref), calibrationScores }
  },

  async score({ sources, alpha, strict }, context) {
    const { classifier, backbone } = opened()
    const options = { ...embedOptions({ strict }, context), ...(alpha === undefined ? {} : { alpha }) }
    return await all(classifyImages(classifier, backbone, sources, options))
  },

  async scoreMany({ sources, strict }, context) {
    return await all(
      classifyWithModels(present(several, 'an opened model').models, sources, embedOptions({ strict }, context)),
    )
  },

  async scoreFeatures({ X, alpha }) {
    const model = present(single, 'an opened model')
    assertTakesFeatures(model)
    return model.classifier.scoreMatrix(X, alpha)
  },

  async explain({ source, alpha }, { signal }) {
    const { classifier, backbone } = opened()
    const options = { signal, ...(alpha === undefined ? {} : { alpha }) }
    const [result] = await all(classifyImages(classifier, backbone, [source], options))
    if (result === undefined) throw new OneclassError('INTERNAL', 'No result came.')
    if ('error' in result) return result
    const heatmap = await heatOfImage(classifier, backbone, source)
    return { ...result, ...(heatmap && { heatmap }) }
  },

  async close() {
    await single?.backbone?.close()
    await several?.close()
    return null
  },

  async evaluate({ home, ref, against, folder, alpha, seed, out }, { signal, report }) {
    const { evaluateModel } = await import('../evaluation/evaluate.ts')
    const { readLabelled } = await import('../evaluation/labelled.ts')
    const labelled = await readLabelled(folder)
    const refs = against === undefined ? [ref] : [ref, against]
    const { models, close } = await openModels(openRegistry(home), refs, { home, alpha })
    try {
      const own = present(models[0], 'an opened model')
      const other = against === undefined ? undefined : (models[1] ?? own)
      const options = {
        signal,
        onProgress: (...progress: unknown[]) => report(progress),
        ...(seed === undefined ? {} : { seed }),
      }
      const evaluated = await evaluateModel([own, other], labelled, options)
      if (out !== undefined) {
        const { writeEvaluation } = await import('../evaluation/report/evaluation-report.ts')
        await writeEvaluation(evaluated, labelled, out)
      }
      return evaluated.evaluation
    } finally {
      await close()
    }
  },

  async compare(options, { signal, report }) {
    const hooks = { signal, onProgress: (progress: unknown) => report([progress]) }
    const onNotice = (notice: string) => report({ notice })
    const { compareFolders } = await import('../evaluation/compare-folders.ts')
    const compared = await compareFolders({ ...options, onNotice }, hooks)
    const { images: _, thumbnails: __, networks: ___, ...told } = compared
    return told
  },

  embed: embedAll,
})
