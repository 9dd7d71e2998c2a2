/**
 * Embeddings for other programs, and a model of embeddings: from another network, of texts, of sounds.
 *
 *   node embed.js PHOTOS
 */
import { readFile, writeFile } from 'node:fs/promises'
import { embed, fit, load, readNpy, writeNpy } from 'oneclass'

const [photos = 'photos'] = process.argv.slice(2)

const { images, embeddings, backbone, rejected } = await embed(photos)
console.log(
  `${images.length} images, ${embeddings.cols} numbers each, by ${backbone.id}; ${rejected.length} could not be read`,
)
await writeFile('embeddings.npy', writeNpy(embeddings)) // numpy.load reads it

// a model of any rows of numbers
const rows = readNpy(await readFile('embeddings.npy'))
await fit(rows, { name: 'rows' })
const model = await load('rows')
const scored = await model.scoreFeatures(rows)
console.log(
  `${scored.filter((row) => 'isPositive' in row && row.isPositive).length} of ${scored.length} rows are accepted`,
)
await model.close()
