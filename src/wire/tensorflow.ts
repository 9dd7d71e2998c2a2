/** Files of TensorFlow.js as others write them: what of them is read. */
import { Type } from 'typebox'
import type { Fixed } from './type.ts'

const WeightEntry = Type.Object({
  name: Type.String(),
  shape: Type.Array(Type.Integer({ minimum: 0 }), { maxItems: 16 }),
  dtype: Type.String(),
  quantization: Type.Optional(
    Type.Object({ dtype: Type.String(), min: Type.Optional(Type.Number()), scale: Type.Optional(Type.Number()) }),
  ),
})
export type WeightEntry = Fixed<typeof WeightEntry>

/** `NAME-weights_manifest.json` beside one file of weights. */
export const WeightsManifest = Type.Array(Type.Object({ weights: Type.Array(WeightEntry) }))

/** `model.json` of a layers or graph model. */
export const TensorFlowModel = Type.Object({
  format: Type.Optional(Type.String()),
  modelTopology: Type.Object({}),
  weightsManifest: Type.Array(Type.Object({ paths: Type.Array(Type.String()), weights: Type.Array(WeightEntry) })),
})
