/** `oneclass embed`: a folder of images becomes a matrix of their embeddings, for other programs and for `fit --features`. */
import { npyHeader, npyNumbers } from '../core/npy.ts'
import { OneclassError, present } from '../errors.ts'
import { embedImages } from '../features/embed.ts'
import { openBackbone } from '../features/registry.ts'
import { printable } from '../images/left-out.ts'
import { imageLimits } from '../images/limits.ts'
import type { ImageSource } from '../images/source.ts'
import { rangeOfImages, rangeSentence, withRange } from '../pipeline/range.ts'
import { openOutput } from '../system/files.ts'
import { plural } from '../wire/plural.ts'
import type { FailedImage } from '../wire/result.ts'
import { parseRange } from '../wire/sample-range.ts'
import { type Command, deviceOption } from './command.ts'
import { tellFailed, tellSkipped } from './notes.ts'
import { progressLine } from './progress.ts'
import { readInput, standardInput } from './score-input.ts'
import { flag, required, text } from './values.ts'

/** Room for any shape. */
const headerLength = 128

export const embed: Command = {
  name: 'embed',
  summary: 'Write the embeddings of images to a file',
  usage: `embed IMAGE|DIR|PATTERN|@LIST|-... --out X.npy [--backbone ID|FILE.onnx|model.json] [--range LOW,HIGH] [--json]
      (X.npy: float32, a row an image, in the order of their names; X.txt beside it: the names, one a line)`,
  options: {
    out: { type: 'string', value: 'X.npy', description: 'the matrix; the names stand beside it in X.txt' },
    backbone: { type: 'string', value: 'ID|FILE', description: 'network to use (see "oneclass backbones list")' },
    range: {
      type: 'string',
      value: 'LOW,HIGH',
      description: 'black and white beyond 8 bits a sample (default: from the images, as `fit` does)',
    },
    strict: { type: 'boolean', description: 'refuse images that were cut off, even where no pixel is missing' },
    json: { type: 'boolean', description: 'print a summary as one JSON object' },
    ...deviceOption,
  },

  async run({ values, positionals, io }) {
    const out = required(values, 'out', 'X.npy')
    if (positionals.length === 0)
      throw new OneclassError('INVALID_ARGUMENT', 'Expected images or folders: oneclass embed DIR --out X.npy.')
    const namesPath = `${out.replace(/\.npy$/i, '')}.txt`
    const wanted = text(values, 'range')
    const given = wanted === undefined ? undefined : parseRange(wanted)
    const { entries, skipped } = await readInput(positionals, standardInput, io.signal)
    const sources = entries.filter((entry): entry is ImageSource => !('error' in entry))
    const rejected: FailedImage[] = []
    for (const entry of entries) if ('error' in entry) reject(entry)
    const limits = { limits: flag(values, 'strict') ? { ...imageLimits, strict: true } : imageLimits }
    const matrix = await openOutput(out, 'file')
    const names = await openOutput(namesPath).catch(async (error: unknown) => {
      await matrix.discard()
      throw error
    })
    const progress = progressLine(io, 'images')
    try {
      const network = await openBackbone(text(values, 'backbone'), {
        home: io.home,
        onNotice: (note: string) => io.err(note),
      })
      try {
        const range = given ?? (await rangeOfImages(sources, { ...limits, signal: io.signal }))
        if (range) io.err(`note: ${rangeSentence(range)}`)
        await matrix.write(new Uint8Array(headerLength))
        let rows = 0
        const options = { ...limits, signal: io.signal, onProgress: progress.update }
        for await (const { source, embedding, error } of embedImages(withRange(network, range), sources, options)) {
          if (error) reject({ image: source.name, error: error.toJSON() })
          else {
            await matrix.write(npyNumbers(embedding, 'float32'))
            await names.write(`${printable(source.name)}\n`)
            rows++
          }
        }
        progress.end()
        if (rows === 0) {
          const first = present(rejected[0], 'an image that was refused')
          throw new OneclassError(first.error.code, `Of ${plural(rejected.length, 'image')} none has an embedding.`)
        }
        await matrix.commit(npyHeader(rows, network.dim, 'float32', headerLength))
        await names.commit()
        tellSkipped(skipped, io)
        const about = { out, names: namesPath, rows, dim: network.dim, backbone: network.id }
        if (flag(values, 'json')) await io.out(JSON.stringify({ ...about, range: range ?? null, rejected, skipped }))
        else
          await io.out(`${out}: ${rows} embeddings of ${network.dim} numbers by ${network.id}; names in ${namesPath}`)
        return rejected.length > 0 ? 2 : 0
      } finally {
        await network.close()
      }
    } finally {
      progress.end()
      await matrix.discard()
      await names.discard()
    }

    function reject(failed: FailedImage): void {
      rejected.push(failed)
      tellFailed(failed, io)
    }
  },
}
