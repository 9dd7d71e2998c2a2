import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csvLine, csvRow, csvStart } from '../../src/wire/result-csv.ts'

const result = {
  image: 'a.jpg',
  model: 'm@1',
  isPositive: false,
  score: 0.9,
  pValue: 0.01,
  alpha: 0.05,
  detectors: { isolationForest: { score: -0.25, pValue: 0.01 }, oneClassSvm: { score: 3, pValue: 0.01 } },
}
const csvHeader = csvStart([])
const first = (image: string) => csvLine(JSON.stringify({ ...result, image })).slice(0, -2)

test('as many fields as the header has; numbers stay numbers, negative ones too', () => {
  assert.equal(first('a.jpg'), 'a.jpg,m@1,false,0.9,0.01,0.05,-0.25,0.01,3,0.01,,,,,,')
  assert.match(csvHeader, /^image,model,/)
  assert.equal(csvHeader.split(',').length, 16)
})

test('members that not every model has stand behind all others', () => {
  const more = {
    ...result.detectors,
    patches: { score: 7, pValue: 0.02 },
    discriminative: { score: -1.5, pValue: 0.5 },
  }
  const decided = { ...result, flagged: true, detectors: more }
  const cells = csvLine(JSON.stringify(decided), { fdr: 0.1 }).trimEnd().split(',')
  const names = csvStart([], ['flagged']).trimEnd().split(',')
  assert.deepEqual(names.slice(-5), [
    'flagged',
    'patchesScore',
    'patchesPValue',
    'discriminativeScore',
    'discriminativePValue',
  ])
  assert.deepEqual(cells.slice(-5), ['true', '7', '0.02', '-1.5', '0.5'])
  assert.equal(cells.length, names.length)
})

test('a name that a spreadsheet would take for a formula is defused', () => {
  for (const name of [
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    ' =1',
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x")',
    '\uff1d1+1',
    '\uff0b1',
    '\uff20SUM(1)',
    '\u00a0=1',
    '\u200b=1+1',
  ])
    assert.match(first(name), /^"?'/, name)
  for (const name of ['a=1.jpg', 'x-1.jpg', "'quoted'"]) assert.ok(first(name).startsWith(name), name)
})

test('quotes, commas and line ends do not end a field', () => {
  assert.ok(first('a",=1,"\r\nb').startsWith('"a"",=1,""\r\nb",m@1'))
  const error = { image: '=x', error: { code: 'IMAGE_UNREADABLE', message: '"=x" is no image.' } }
  assert.equal(csvLine(JSON.stringify(error)), `'=x,,,,,,,,,,IMAGE_UNREADABLE,"""=x"" is no image.",,,,\r\n`)
})

test("the page's files: the same columns and the same guard, with columns of its own behind them", () => {
  const line = {
    index: 0,
    image: '=HYPERLINK("http://x")',
    error: { code: 'IMAGE_UNREADABLE' as const, message: 'no' },
  }
  assert.equal(csvStart([], ['verdict', 'review']), csvHeader.replace('errorMessage,', 'errorMessage,verdict,review,'))
  const row = csvRow(line, ['unreadable', '=1+1'])
  assert.ok(row.startsWith(`"'=HYPERLINK(""http://x"")",`), row)
  assert.ok(row.endsWith(",unreadable,'=1+1,,,,\r\n"), row)
})

test('a byte order mark where a name needs one, so that Excel reads it', () => {
  assert.equal(csvStart(['a.jpg', 'b c.png']), csvHeader)
  assert.equal(csvStart(['a.jpg', 'Grüße.jpg']), `\uFEFF${csvHeader}`)
})
