/** `oneclass score`: images, folders or feature rows against a model, one result each. */
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { readNpy } from '../core/npy.ts'
import { OneclassError } from '../errors.ts'
import { openBackbone, openBackboneOf } from '../features/registry.ts'
import { collectImages } from '../images/collect.ts'
import type { ImageSource } from '../images/decode.ts'
import { classifyImages, createClassifier } from '../pipeline/classify.ts'
import type { ImageResult, RowResult } from '../pipeline/result.ts'
import { openRegistry } from '../store/registry.ts'
import type { Command, Io } from './command.ts'
import { readFeatureFile } from './fit.ts'
import { progressLine } from './progress.ts'
import { formats, type ResultFormat, resultWriter } from './results.ts'
import { number, oneOf, required, text } from './values.ts'

export const score: Command = {
  name: 'score',
  summary: 'Score images, folders or feature rows with a model',
  usage: `score IMAGE|DIR... --model NAME[@VERSION] [--alpha A] [--format table|jsonl|csv] [--out FILE] [--explain DIR]
score --features X.npy --model NAME --format jsonl`,
  options: {
    model: { type: 'string', value: 'NAME[@V]', description: 'the model; without a version the latest' },
    features: { type: 'string', value: 'X.npy', description: 'score embeddings, one result a row' },
    alpha: { type: 'string', value: 'A', description: "another alpha than the model's, without refitting" },
    format: { type: 'string', value: 'FORMAT', description: 'table (default), jsonl or csv' },
    out: { type: 'string', value: 'FILE', description: 'write there instead of to standard output' },
    explain: {
      type: 'string',
      value: 'DIR',
      description: 'write a page that shows each image beside its nearest positives',
    },
    backbone: { type: 'string', value: 'ID|FILE', description: 'where the model’s network is now, if it has moved' },
  },

  async run({ values, positionals, io }) {
    const features = text(values, 'features')
    if ((features === undefined) === (positionals.length === 0)) {
      throw new OneclassError('INVALID_ARGUMENT', 'Expected images or folders, or --features X.npy.')
    }
    const format = oneOf(values, 'format', formats, 'table')
    const alpha = number(values, 'alpha')
    const { info, artifact } = await openRegistry(io.home).load(required(values, 'model', 'NAME'))
    const label = `${info.name}@${info.version}`
    const classifier = createClassifier(artifact, { model: label, ...(alpha === undefined ? {} : { alpha }) })

    if (features !== undefined) {
      const X = readNpy(await readFeatureFile(features))
      const rows = classifier.scoreMatrix(X).map((result, row): RowResult => ({ row, ...result }))
      await writeResults(rows, format, text(values, 'out'), io)
      return 0
    }
    if (artifact.backbone === null) {
      throw new OneclassError(
        'MODEL_INCOMPATIBLE',
        `The model "${label}" was fitted on features and cannot take images; score it with --features X.npy.`,
      )
    }
    const { sources, missing } = await collectAll(positionals)
    const named = text(values, 'backbone')
    const options = { home: io.home, onNotice: (note: string) => io.err(note) }
    const backbone = named
      ? await openBackbone(named, options)
      : await openBackboneOf({ id: artifact.backbone.id, hash: artifact.backbone.hash }, options)
    try {
      if (backbone.hash !== artifact.backbone.hash) {
        throw new OneclassError(
          'BACKBONE_MISMATCH',
          `The model "${label}" was fitted with another network than "${named}".`,
        )
      }
      const progress = progressLine(io, 'images')
      const isWatched = text(values, 'out') !== undefined || format !== 'table'
      const results = classifyImages(classifier, backbone, sources, {
        signal: io.signal,
        ...(isWatched ? { onProgress: progress.update } : {}),
      })
      const explain = text(values, 'explain')
      const scored: ImageResult[] = []
      const all = withMissing(missing, results, (result) => {
        if (explain !== undefined) scored.push(result)
      })
      const failed = await writeResults(all, format, text(values, 'out'), io)
      progress.end()
      if (explain !== undefined) {
        const { writeExplanations } = await import('./explain.ts')
        const explaining = progressLine(io, 'explain')
        const pairs = scored.map((result, i) => ({ result, source: sources[i]! }))
        const page = await writeExplanations(explain, pairs, { label, artifact, backbone }, explaining.update)
        explaining.end()
        io.err(`wrote ${page}`)
      }
      return failed > 0 ? 2 : 0
    } finally {
      await backbone.close()
    }
  },
}

/** Every image that the paths mean, and a result with an error for each path that is not there. @throws when none is */
async function collectAll(paths: readonly string[]): Promise<{ sources: ImageSource[]; missing: ImageResult[] }> {
  const sources: ImageSource[] = []
  const missing: ImageResult[] = []
  for (const path of paths) {
    try {
      sources.push(...(await collectImages(path)))
    } catch (error) {
      if (!(error instanceof OneclassError) || paths.length === 1) throw error
      missing.push({ image: path, error: error.toJSON() })
    }
  }
  if (sources.length === 0)
    throw new OneclassError('IMAGE_NOT_FOUND', `None of the ${paths.length} paths could be read.`)
  return { sources, missing }
}

async function* withMissing(
  first: readonly ImageResult[],
  rest: AsyncIterable<ImageResult>,
  see: (result: ImageResult) => void,
): AsyncGenerator<ImageResult> {
  for (const result of first) yield result
  for await (const result of rest) {
    see(result)
    yield result
  }
}

/** @returns how many results are errors */
async function writeResults(
  results: Iterable<ImageResult | RowResult> | AsyncIterable<ImageResult | RowResult>,
  format: ResultFormat,
  path: string | undefined,
  io: Io,
): Promise<number> {
  const file = path === undefined ? undefined : createWriteStream(path)
  const ended = file && finished(file)
  ended?.catch(() => {})
  const write = async (line: string): Promise<void> => {
    if (!file) await io.out(line)
    else if (!file.write(`${line}\n`)) await Promise.race([once(file, 'drain'), ended])
  }
  const writer = resultWriter(format)
  let failed = 0
  for (const line of writer.head) await write(line)
  for await (const result of results) {
    if ('error' in result) {
      failed++
      if (format !== 'jsonl' && 'image' in result)
        io.err(`${result.image}: ${result.error.code}: ${result.error.message}`)
    }
    for (const line of writer.lines(result)) await write(line)
  }
  file?.end()
  await ended?.catch((error: Error) => {
    throw new OneclassError('INVALID_ARGUMENT', `"${path}" cannot be written (${error.message}).`)
  })
  return failed
}
