/** The map: where the images of a batch lie among the positives, in two dimensions. */
import { Type } from 'typebox'
import { JobId } from './names.ts'
import { type Fixed, Nullable, OneOf } from './type.ts'

export const MapRequest = Type.Object(
  { batch: Type.Optional(Type.String({ ...JobId, description: 'A batch that was made with `map: true`' })) },
  { additionalProperties: false },
)
export type MapRequest = Fixed<typeof MapRequest>

const Point = Type.Tuple([Type.Number(), Type.Number()])

export const MapPoint = Type.Object({
  kind: OneOf(['positive', 'batch']),
  index: Type.Integer({ description: "Its place among the model's positives, or in the batch" }),
  image: Type.String(),
  isPositive: Type.Optional(Type.Boolean({ description: 'Of an image of the batch' })),
  pca: Point,
  umap: Nullable(Point),
})
export type MapPoint = Fixed<typeof MapPoint>

/** The result of a map job. */
export const MapResult = Type.Object({
  points: Type.Array(MapPoint),
  omitted: Type.Object(
    { positives: Type.Integer(), batch: Type.Integer() },
    { description: 'Images that have no point because there are too many' },
  ),
})
export type MapResult = Fixed<typeof MapResult>
