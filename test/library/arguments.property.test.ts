/**
 * Whatever a caller passes: an expected error with a code and a sentence, soon; never INTERNAL. Values are drawn from a seeded generator,
 * so that a failure can be repeated; the message of each assertion holds what was passed.
 */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { inspect } from 'node:util'
import { createRandom, type Random } from '../../src/core/random.ts'
import {
  compare,
  embed,
  evaluate,
  fit,
  load,
  loadModels,
  models,
  OneclassError,
  readNpy,
  writeNpy,
} from '../../src/index.ts'
import { checkOptions, shown } from '../../src/library/arguments.ts'
import { assertModelName } from '../../src/store/versions.ts'
import { checkRange, parseRange } from '../../src/wire/sample-range.ts'

let home = ''
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'oneclass-property-'))
  await mkdir(join(home, 'empty'))
  await writeFile(join(home, 'file.txt'), 'text')
})
after(() => rm(home, { recursive: true, force: true }))

const letters = [
  'a',
  'Z',
  '0',
  '.',
  '..',
  '/',
  '\\',
  '@',
  '-',
  '_',
  ' ',
  '\n',
  '\t',
  '\0',
  '\u202e',
  'é',
  '\u0301',
  '💥',
  '\ud800',
  '%2e',
  '~',
  '$',
  '"',
  "'",
  '*',
  ':',
]

function anyText(random: Random): string {
  return Array.from({ length: random.int(12) }, () => letters[random.int(letters.length)]!).join('')
}

function anyValue(random: Random, depth = 0): unknown {
  const kinds: (() => unknown)[] = [
    () => anyText(random),
    () => [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, -0, 2 ** 53, 1e308][random.int(8)],
    () => [undefined, null, true, false, 10n, Symbol('x')][random.int(6)],
    () => () => 1,
    () => new Date(0),
    () => new Uint8Array(random.int(4)),
    () => Object.create(null) as object,
    () => new Map([[1, 2]]),
    () => new URL(['http://x/y', 'file:///nowhere.jpg', 'data:,x'][random.int(3)]!),
    () => new Proxy({}, {}),
  ]
  if (depth < 2) {
    kinds.push(() => Array.from({ length: random.int(3) }, () => anyValue(random, depth + 1)))
    kinds.push(() => ({ name: anyValue(random, depth + 1), image: anyValue(random, depth + 1) }))
    kinds.push(() => ({ rows: random.int(3), cols: random.int(3), data: new Float64Array(random.int(9)) }))
    kinds.push(() => ({ low: anyValue(random, 2), high: anyValue(random, 2) }))
  }
  return kinds[random.int(kinds.length)]!()
}

/** @returns the code of the error; undefined when there is none */
async function codeOf(work: () => unknown, what: unknown): Promise<string | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    const said = `${inspect(what)}: ${String(error)}`
    assert.ok(error instanceof OneclassError, said)
    assert.notEqual(error.code, 'INTERNAL', said)
    assert.ok(error.message.length > 10 && error.message.length < 600, said)
    return error.code
  }
}

test('names: what is refused is refused with its code, what is taken is a safe file name', async () => {
  const random = createRandom(11)
  for (let i = 0; i < 3000; i++) {
    const name = anyText(random)
    const code = await codeOf(() => assertModelName(name), name)
    if (code === undefined) assert.match(name, /^[A-Za-z0-9](?!.*\.\.)[A-Za-z0-9._-]{0,63}$/)
    else assert.equal(code, 'MODEL_NAME_INVALID')
  }
})

test('ranges: two finite numbers in rising order, or a sentence', async () => {
  const random = createRandom(12)
  for (let i = 0; i < 2000; i++) {
    const [low, high] = [anyValue(random, 2), anyValue(random, 2)]
    const code = await codeOf(() => checkRange(low, high), [low, high])
    const areNumbers = typeof low === 'number' && typeof high === 'number'
    const isFine = areNumbers && Number.isFinite(high - low) && low < high && Number.isFinite(65535 / (high - low))
    assert.equal(code, isFine ? undefined : 'INVALID_ARGUMENT', inspect([low, high]))
    await codeOf(() => parseRange(anyText(random)), low)
  }
})

test('ranges that cannot be computed with are refused, by the same rule as a text and as numbers', () => {
  const taken = ['0,4095', '-1e300,1e300', '0,1e-300', '1e300,1.1e300']
  for (const text of ['1e-320,1e-310', '0,5e-324', '-1e308,1e308', '1,1', '1,1.00000000000000001', ...taken]) {
    const [low, high] = text.split(',').map(Number)
    for (const check of [() => parseRange(text), () => checkRange(low, high)]) {
      if (taken.includes(text)) assert.deepEqual(check(), { low, high, samples: 'any' })
      else assert.throws(check, { code: 'INVALID_ARGUMENT', message: /^Expected a range as LOW,HIGH.*too close/ })
    }
  }
})

test('a value in a message is short, whatever it is', () => {
  const random = createRandom(13)
  for (let i = 0; i < 2000; i++) {
    const value = anyValue(random)
    assert.ok(shown(value).length < 250, inspect(value))
  }
  const hostile = {
    get constructor(): never {
      throw new Error('no')
    },
  }
  assert.equal(shown(hostile), 'an object')
})

test('options: only those that there are, each of its kind', async () => {
  const random = createRandom(14)
  for (let i = 0; i < 2000; i++) {
    const options = random.int(3) === 0 ? anyValue(random) : { [anyText(random)]: anyValue(random) }
    const code = await codeOf(() => checkOptions(options, { home: () => undefined }), options)
    assert.ok(code === undefined || code === 'INVALID_ARGUMENT')
  }
})

test('every function of the library, with anything as its arguments', async () => {
  const random = createRandom(15)
  const codes = new Set<string | undefined>()
  const calls: ((a: never, b: never) => Promise<unknown>)[] = [
    (a, b) => fit(a, { name: 'x', home, alpha: b }),
    (a, b) => fit(join(home, 'empty') as never, { name: a, home, seed: b }),
    (a, b) => fit(join(home, 'empty') as never, { home, name: 'x', range: a, exclude: b }),
    (a, b) => fit(b, a),
    (a, b) => load(a, { home, alpha: b }),
    (a, b) => loadModels(a, { home, alpha: b }),
    (a, b) => evaluate(a, b, { home }),
    (a, b) => embed(3 as never, { home, backbone: a, range: b }),
    (a) => models.show(a, { home }),
    (a, b) => models.set(a, { home, alpha: b }),
    (a) => models.use(a, { home }),
    (a) => models.remove(a, { home }),
    (a, b) => models.rename(a, b, { home }),
    (a) => models.export(a, { home }),
    (a, b) => models.import(a, { home, name: b }),
    (a) => models.list(a),
  ]
  for (let i = 0; i < 600; i++) {
    const call = calls[i % calls.length]!
    const [a, b] = [anyValue(random), anyValue(random)]
    codes.add(await codeOf(() => call(a as never, b as never), [call.toString(), a, b]))
  }
  for (const code of ['INVALID_ARGUMENT', 'MODEL_NAME_INVALID', 'MODEL_NOT_FOUND']) assert.ok(codes.has(code), code)
  for (let i = 0; i < 100; i++) {
    const [a, b] = [anyValue(random), anyValue(random)]
    await codeOf(async () => readNpy(a as never), a)
    await codeOf(async () => writeNpy(a as never, b as never), [a, b])
  }
})

test('every function of the library, with anything as its options', async () => {
  const random = createRandom(16)
  const calls: ((options: never) => Promise<unknown>)[] = [
    (options) => fit(join(home, 'empty'), options),
    (options) => evaluate('x', join(home, 'empty'), options),
    (options) => embed(join(home, 'empty', 'none'), options),
    (options) => compare(options),
    (options) => models.list(options),
    (options) => models.show('x', options),
    (options) => models.set('x', options),
    (options) => models.use('x@1', options),
    (options) => models.remove('x', options),
    (options) => models.rename('x', 'y', options),
    (options) => models.export('x', options),
    (options) => models.import(join(home, 'none'), options),
  ]
  const anything = [undefined, null, 0, 'x', [], {}, ...Array.from({ length: 20 }, () => anyValue(random))]
  for (const call of calls)
    for (const options of anything) await codeOf(() => call(options as never), [call.toString(), options])
})
