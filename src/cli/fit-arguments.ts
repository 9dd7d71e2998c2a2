/** What the arguments of `oneclass fit` mean. */
import { OneclassError } from '../errors.ts'
import type { FitModelOptions } from '../pipeline/fit-model.ts'
import { askedDetails } from '../wire/fit-choices.ts'
import { nameOfRef } from '../wire/label.ts'
import type { Values } from './command.ts'
import { flag, oneOf, text } from './values.ts'

interface Call {
  readonly values: Values
  readonly positionals: readonly string[]
}

/** The call with `--name` and `--base`, whichever short form was used. @throws INVALID_ARGUMENT */
export function asNamed(values: Values, positionals: readonly string[]): Call {
  return asRefit(asBase(values, positionals))
}

/** `fit NAME --add DIR` is short for `fit DIR --name NAME --base NAME`. */
function asBase(values: Values, positionals: readonly string[]): Call {
  const folder = text(values, 'add')
  if (folder === undefined) return { values, positionals }
  const [ref] = positionals
  if (ref === undefined || positionals.length > 1 || text(values, 'base') !== undefined)
    throw new OneclassError(
      'INVALID_ARGUMENT',
      'Expected the name of one model and --add DIR: oneclass fit NAME --add DIR.',
    )
  const name = text(values, 'name') ?? nameOfRef(ref)
  return { values: { ...values, name, base: ref }, positionals: [folder] }
}

/** `fit --from-model NAME` adds a version to that model, unless it is given another name. */
function asRefit(call: Call): Call {
  const { values, positionals } = call
  const ref = text(values, 'from-model')
  if (ref === undefined) return call
  const other = ['base', 'features', 'add'].find((key) => text(values, key) !== undefined)
  if (other !== undefined) throw new OneclassError('INVALID_ARGUMENT', `Expected --from-model or --${other}, not both.`)
  return { values: { ...values, name: text(values, 'name') ?? nameOfRef(ref) }, positionals }
}

const ofImages = ['backbone', 'base', 'range', 'detail', 'no-patches', 'light', 'strict']

/** Rows have no pixels, names or network. @throws INVALID_ARGUMENT */
export function assertOfRows(values: Values): void {
  const given = ofImages.find((name) => values[name] !== undefined)
  if (given !== undefined)
    throw new OneclassError('INVALID_ARGUMENT', `Expected --features or --${given}, not both: that is for images.`)
}

/** @throws INVALID_ARGUMENT */
export function placesFor(values: Values): Pick<FitModelOptions, 'detail' | 'patches'> {
  const word = oneOf(values, 'detail', askedDetails.map(String), 'auto')
  const detail = askedDetails.find((one) => String(one) === word)
  if (!flag(values, 'no-patches')) return { detail }
  if (detail !== 'auto') throw new OneclassError('INVALID_ARGUMENT', 'Expected --detail or --no-patches, not both.')
  return { patches: false }
}

/** `--exclude`: indices mean positives of --base; everything else is a name, of an image or a row. */
export function excluded(values: Values): FitModelOptions['exclude'] {
  const given = text(values, 'exclude')
  if (given === undefined || given === 'misfits') return given
  const parts = given.split(',').map((part) => part.trim())
  const isIndex = (part: string) => text(values, 'base') !== undefined && /^\d{1,9}$/.test(part)
  return parts.map((part) => (isIndex(part) ? Number(part) : part))
}
