/**
 * How good is it? A fitted model on labelled images, and every method of the literature beside ours.
 *
 *   node evaluate-and-compare.js NAME TRAIN TEST          (folders with positive/ and negative/)
 */
import { compare, evaluate } from 'oneclass'

const [name = 'thing', train = 'train', test = 'test'] = process.argv.slice(2)

// the model as it is: nothing is refitted
const evaluation = await evaluate(name, test, { out: 'evaluation' })
for (const sentence of evaluation.sentences) console.log(sentence)

// all methods, fitted on train/, measured on test/; the page is comparison/report.html
const { methods, verdict } = await compare({
  train,
  test,
  out: 'comparison',
  methods: ['nearest-neighbour', 'ensemble'],
  quick: true,
})
for (const { key, status, auroc } of methods) console.log(`${key}: ${status}, AUROC ${auroc?.toFixed(3) ?? '-'}`)
for (const sentence of verdict) console.log(sentence)
