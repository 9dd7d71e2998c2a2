/** From the map to the review: the images of the batch whose dots are inside the lasso, else those in sight now. */
import type { JSX } from 'preact'
import { pickedWords } from '../batches/picked.ts'
import { go } from '../routes.ts'
import type { MapPoint } from '../service/types.ts'
import { t } from '../text.ts'

export function ReviewSeen(props: {
  batch: string
  points: readonly MapPoint[]
  isSeen: (point: MapPoint) => boolean
  /** By a line about them, and not by being in sight. */
  isPicked: boolean
}): JSX.Element {
  const seen = props.points.filter((point) => point.kind === 'batch' && props.isSeen(point))
  const review = () => go('batches', props.batch, { picked: pickedWords(seen.map(({ index }) => index)) })
  return (
    <div class="row map-review">
      <button type="button" class="button small" disabled={seen.length === 0} onClick={review}>
        {props.isPicked ? t.map.reviewPicked(seen.length) : t.map.review(seen.length)}
      </button>
      <span class="hint">{t.map.reviewHint}</span>
    </div>
  )
}
