/** The result of one image, as a line of `jsonl`, an API body, and what the library returns. */
import { Type } from 'typebox'
import { ErrorBody } from './error.ts'
import { Alpha } from './names.ts'
import { Note } from './notes.ts'
import { type Fixed, OneOf } from './type.ts'

const PValue = Type.Number({
  minimum: 0,
  maximum: 1,
  description: 'Share of held-out positives at least as anomalous, (1 + #{s_i >= s}) / (n + 1)',
})

export const DetectorResult = Type.Object({
  score: Type.Number({ description: 'Anomaly score of the detector, higher is more anomalous' }),
  pValue: PValue,
})
export type DetectorResult = Fixed<typeof DetectorResult>

const similarity = Type.Number({ description: 'Cosine similarity of the embeddings, in [-1, 1]' })

/** A training positive: its image or, for a model fitted on features, its row. */
export const Neighbour = Type.Union([
  Type.Object({
    image: Type.String(),
    similarity,
    index: Type.Integer({ description: "Its place among the model's positives" }),
  }),
  Type.Object({ row: Type.Integer({ description: 'Of a model that was fitted on features' }), similarity }),
])
export type Neighbour = Fixed<typeof Neighbour>

const box = { x: Type.Number(), y: Type.Number(), width: Type.Number(), height: Type.Number() }

/** Of the upright image, in pixels. */
export const ImageSize = Type.Object(
  { width: Type.Integer(), height: Type.Integer() },
  { description: 'Of the upright image, in pixels: what regions are told in' },
)
export type ImageSize = Fixed<typeof ImageSize>

export const Heatmap = Type.Object(
  {
    width: Type.Integer(),
    height: Type.Integer(),
    values: Type.Array(Type.Number()),
    falseMarks: Type.Number({ description: 'Of good images at most about this share has a value above 0 anywhere' }),
    image: Type.Optional(ImageSize),
    area: Type.Optional(
      Type.Object(box, {
        description: 'The part of the upright image under the cells, in its pixels; absent: all of it',
      }),
    ),
  },
  {
    description:
      'With `explain`, by a model that looks at places: how unlike those of good images each place is, row by row. A cell above 0 is marked, in multiples of the mark; -1 is a typical place',
  },
)
export type Heatmap = Fixed<typeof Heatmap>

export const Region = Type.Object(
  { x: Type.Integer(), y: Type.Integer(), width: Type.Integer(), height: Type.Integer(), pValue: PValue },
  {
    description:
      'An anomalous part, in pixels of the upright image. At most 7 % of good images show any (5 % in models of earlier builds): `pValue` is the share of held-out positives with a place as anomalous anywhere',
  },
)
export type Region = Fixed<typeof Region>

export const verdicts = ['positive', 'negative', 'unsure'] as const

/** A result without the name of what it is the result of. */
export const Scored = Type.Object({
  model: Type.String({ description: 'NAME@VERSION' }),
  isPositive: Type.Boolean({ description: 'pValue > alpha' }),
  score: Type.Number({
    minimum: 0,
    maximum: 1,
    description: 'Calibrated anomaly score: higher is more anomalous, 0.5 at the decision',
  }),
  pValue: PValue,
  alpha: Alpha,
  detectors: Type.Object({
    isolationForest: DetectorResult,
    oneClassSvm: DetectorResult,
    patches: Type.Optional(DetectorResult),
    discriminative: Type.Optional(DetectorResult),
  }),
  nearest: Type.Array(Neighbour),
  notes: Type.Optional(Type.Array(Note, { description: 'What was noticed about an image that was used all the same' })),
  heatmap: Type.Optional(Heatmap),
  regions: Type.Optional(Type.Array(Region)),
  size: Type.Optional(ImageSize),
  flagged: Type.Optional(Type.Boolean({ description: 'With `fdr`: a discovery of the Benjamini-Hochberg procedure' })),
  verdict: Type.Optional(OneOf(verdicts, { description: 'With `abstain`' })),
})
export type Scored = Fixed<typeof Scored>

/** An image this like one of the photos that the model was taught is that photo: what is said of it says nothing of new ones. */
const samePhoto = 0.9999

export function isOfFit({ nearest }: Pick<Scored, 'nearest'>): boolean {
  return (nearest[0]?.similarity ?? 0) >= samePhoto
}

const image = Type.String({ description: "The image's name, as it was sent" })
const row = Type.Integer({ description: 'Row of the feature matrix, from 0' })

/** An image that could be scored. */
export const ScoredImage = Type.Object({ image, ...Scored.properties })
export type ScoredImage = Fixed<typeof ScoredImage>

/** An image that could not. */
export const FailedImage = Type.Object({ image, error: ErrorBody })
export type FailedImage = Fixed<typeof FailedImage>

export const ImageResult = Type.Union([ScoredImage, FailedImage])
export type ImageResult = Fixed<typeof ImageResult>

export const RowResult = Type.Union([
  Type.Object({ row, ...Scored.properties }),
  Type.Object({ row, error: ErrorBody }),
])
export type RowResult = Fixed<typeof RowResult>
