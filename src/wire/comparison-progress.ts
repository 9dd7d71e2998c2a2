/** What a comparison keeps on disk of its unfinished work. Typed arrays are base64 of their bytes, as `evaluation/resume.ts` writes them. */
import { Type } from 'typebox'
import { EpochRecord } from './comparison.ts'

const base64 = () => Type.String({ pattern: '^[A-Za-z0-9+/]*={0,2}$' })
const amount = () => Type.Number({ minimum: 0 })

/** One run of a method. */
export const KeptOutcome = Type.Object({
  scores: Type.Object({ $float64: base64() }),
  accepted: Type.Object({ $uint8: base64() }),
  decision: Type.String(),
  fitSeconds: amount(),
  scoreMs: amount(),
  memoryBytes: amount(),
  usesBackbone: Type.Boolean(),
  notes: Type.Array(Type.String()),
  history: Type.Optional(Type.Array(EpochRecord)),
  network: Type.Optional(
    Type.Object({ size: Type.Integer({ minimum: 1 }), weights: Type.Array(Type.Object({ $float32: base64() })) }),
  ),
})

/** Points of the learning curve. */
export const KeptCurve = Type.Array(
  Type.Object({
    method: Type.String(),
    positives: Type.Integer({ minimum: 1 }),
    draws: Type.Integer({ minimum: 1 }),
    auroc: Type.Number(),
    lowest: Type.Number(),
    highest: Type.Number(),
    gainIsReal: Type.Optional(Type.Boolean()),
  }),
)
