/**
 * Fit a model to photos of one thing, then ask about others: one at a time, a whole folder, a stream.
 *
 *   node fit-and-score.js PHOTOS OTHERS          (two folders)
 */
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fit, load, loadModels, OneclassError } from 'oneclass'

const [photos = 'photos', others = 'others'] = process.argv.slice(2)

// fit: a folder, or a list (or generator) of paths, bytes and streams
const fitted = await fit(photos, {
  name: 'thing',
  alpha: 0.05, // 1 good image in 20 may be rejected
  signal: AbortSignal.timeout(600_000),
  onProgress: (done, total, stage) => done === total && console.log(`${stage}: ${total}`),
})
const { low, high } = fitted.report.expectedFalseRejection
console.log(
  `${fitted.name}@${fitted.version}: ${fitted.used} photos; rejects ${low.toFixed(3)} to ${high.toFixed(3)} of good ones`,
)
for (const { image, error } of fitted.rejected) console.log(`could not be read: ${image}: ${error.message}`)

const thing = await load('thing')
try {
  // one image: what cannot be read is a result too
  const [first] = (await readdir(others)).sort()
  const result = await thing.score(join(others, first!))
  if ('error' in result) console.log(`${result.image}: ${result.error.code}`)
  else
    console.log(`${result.image}: ${result.isPositive ? 'belongs' : 'does not belong'} (p ${result.pValue.toFixed(3)})`)

  // many: results come in the order of the images, while the next are read
  let rejected = 0
  for await (const each of thing.scoreAll(others)) if ('isPositive' in each && !each.isPositive) rejected++
  console.log(`${rejected} of the others are rejected`)

  // a stream, such as an upload: no file needed
  const streamed = await thing.score({ name: 'upload.jpg', image: createReadStream(join(others, first!)) })
  console.log(
    `${streamed.image}: the same answer: ${JSON.stringify({ ...streamed, image: '' }) === JSON.stringify({ ...result, image: '' })}`,
  )

  // explain: where it is odd, cell by cell, for a model that looks at places
  const why = await thing.explain(join(others, first!))
  const map = 'heatmap' in why ? why.heatmap : undefined
  console.log(map ? `a map of ${map.width} x ${map.height} cells` : 'no map: this model looks at whole images only')
} finally {
  await thing.close() // or: await using thing = await load('thing')
}

// several models: one decode, one embedding, each says what it says alone
const models = await loadModels('all')
for await (const each of models.scoreAll(photos)) {
  if ('best' in each) console.log(`${each.image}: ${each.best ?? 'none of these'}`)
  break
}
await models.close()

// what goes wrong has a code
await load('nothing').catch((error: unknown) => {
  if (error instanceof OneclassError) console.log(`${error.code}: ${error.message}`)
})
