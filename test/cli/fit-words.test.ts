/** What a fit says of how it looks: places that are left out, small defects that it would miss, light. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { wayLines } from '../../src/cli/fit-words.ts'
import type { FitFacts } from '../../src/wire/fit-report.ts'
import type { Model } from '../../src/wire/model.ts'

const none = { groups: 0, effectiveN: 200, asked: null, reference: null, misfits: [], kinds: null }

function said(facts: Partial<FitFacts>, more: Partial<Model> = {}): string {
  return wayLines({ facts: { ...none, ...facts }, ...more } as Model).join('\n')
}

test('places that stay out were looked at, at a detail; the area is that of whole images', () => {
  const told = said({ places: { detail: 2, weight: 0, without: 0.912, with: 0.912 } })
  assert.match(told, /^ {2}places +looked at \(detail 2\) and left out: .* AUROC \.912 by whole images, .* no better$/)
  assert.match(said({ places: { detail: 1, weight: 0.5, without: 0.8, with: 0.9 } }), /AUROC \.900, without .* \.800$/)
})

test('small defects that would be missed are told of, without an alarm where photos are of things that move', () => {
  const told = said({ places: { detail: 1, weight: 0, without: 0.497, with: 0.497 } })
  assert.match(
    told,
    /\n {2}small defects +hardly told from good images \(AUROC \.497\): usual, .* move about; .* missed$/,
  )
  assert.doesNotMatch(said({ places: { detail: 1, weight: 0, without: 0.6, with: 0.6 } }), /small defects/)
  assert.doesNotMatch(said({ places: { detail: 1, weight: 0.5, without: 0.55, with: 0.7 } }), /small defects/)
})

test('light: the rule is said with the two areas, of which the one that is taken may be the smaller', () => {
  const told = said({ light: { light: 'even', asIs: 0.794, even: 0.79 } }, { light: 'even' })
  assert.match(told, /evened out, .* AUROC \.790 so, \.794 as they are; .* unless .* worse by more than \.02\)$/)
  assert.match(said({}, { light: 'even' }), /\(as asked\)$/)
})
