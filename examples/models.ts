/**
 * What is kept of models: versions, alpha without refitting, files to carry elsewhere.
 *
 *   node models.js NAME          (a fitted model)
 */
import { models } from 'oneclass'

const [name = 'thing'] = process.argv.slice(2)

for (const model of await models.list())
  console.log(`${model.name}@${model.version}${model.serving ? ' (in use)' : ''}, alpha ${model.alpha}`)

const { report } = await models.show(name)
console.log(`${report.n} photos, worth ${report.effectiveN}; the strictest alpha is ${report.smallestAlpha.toFixed(4)}`)

// a stricter or laxer threshold: nothing is refitted
await models.set(name, { alpha: 0.1 })

// to another machine, and back
const bytes = await models.export(name, { out: `${name}.oneclass` })
const copy = await models.import(`${name}.oneclass`, { name: `${name}-copy` })
console.log(`${bytes.length} bytes; ${copy.name}@${copy.version} has alpha ${copy.alpha}`)

await models.rename(copy.name, `${name}-second`)
await models.use(`${name}@1`)
await models.remove(`${name}-second`)
