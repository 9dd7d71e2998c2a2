import assert from 'node:assert/strict'
import test from 'node:test'
import { byMerit } from '../../src/evaluation/judge.ts'
import type { MethodReport } from '../../src/wire/comparison.ts'

test('the best row comes first, of equals the one that needs less, and rows without an AUROC not at all', () => {
  const row = (key: string, auroc: number | null, needs: MethodReport['needs']) =>
    ({ key, auroc, needs }) as MethodReport
  const rows = [
    row('transfer-binary', 1, 'negatives'),
    row('deep-one-class', 1, 'reference'),
    row('isolation-forest', 0.9, 'positives'),
    row('skipped', null, 'positives'),
    row('one-class-svm', 1, 'positives'),
    row('ensemble', 1, 'positives'),
  ]
  assert.deepEqual(
    byMerit(rows).map(({ key }) => key),
    ['one-class-svm', 'ensemble', 'deep-one-class', 'transfer-binary', 'isolation-forest'],
  )
})
