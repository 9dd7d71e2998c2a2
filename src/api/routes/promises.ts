/** What a threshold promises, before anything is fitted: a page shows it while alpha and the number of photos change. */
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { calibrationOf, expectedFalseRejection, smallestAlpha } from '../../detectors/promise.ts'
import { OneclassError } from '../../errors.ts'
import { ExpectedRates } from '../../wire/fit-report.ts'
import { Calibration } from '../../wire/model.ts'
import { route } from '../http/route.ts'

const mostAlphas = 50

export function promiseRoutes(app: FastifyInstance): void {
  route(app, {
    method: 'GET',
    url: '/v1/expected-false-rejection',
    inTurn: true,
    scope: 'classify',
    summary: 'Share of good images that an alpha rejects',
    description:
      'By the number of held-out scores and how they were made (by default as `fit` does for so many): the mean over fits, and the range in which 9 of 10 fits lie. All 0 where nothing can be rejected.',
    tag: 'Models',
    query: Type.Object({
      n: Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description: 'Held-out scores, `calibrationScores` of a model',
      }),
      calibration: Type.Optional(Calibration),
      alpha: Type.String({
        pattern: '^[0-9.eE+-]+(,[0-9.eE+-]+)*$',
        maxLength: 1500,
        description: `Up to ${mostAlphas} numbers between 0 and 1, as in 0.01,0.05`,
      }),
    }),
    answers: { 200: { description: 'A rate for each alpha, in their order', schema: ExpectedRates } },
    handle: async ({ query: { n, alpha, calibration } }) => {
      const alphas = alpha.split(',').map(Number)
      if (alphas.length > mostAlphas || !alphas.every((one) => one > 0 && one < 1))
        throw new OneclassError('ALPHA_INVALID', `Expected up to ${mostAlphas} numbers between 0 and 1 in "alpha".`)
      return {
        n,
        smallestAlpha: smallestAlpha(n),
        rates: alphas.map((one) => ({
          alpha: one,
          ...expectedFalseRejection(n, one, calibrationOf({ n, calibration })),
        })),
      }
    },
  })
}
