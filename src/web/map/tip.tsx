/** What a dot is: its image and its kind. */
import type { JSX } from 'preact'
import { fileOf } from '../batches/local-files.ts'
import { baseName } from '../format.ts'
import { findModel } from '../models/store.ts'
import { usePositives } from '../models/strip.tsx'
import { client } from '../service/api.ts'
import type { MapPoint } from '../service/types.ts'
import { t } from '../text.ts'
import { MiddleCut } from '../ui/middle-cut.tsx'
import { Picture } from '../ui/picture.tsx'
import type { Kind } from './draw.ts'

export function kindOf(point: MapPoint): Kind {
  if (point.kind === 'positive') return 'positive'
  return point.isPositive ? 'belongs' : 'differs'
}

export function KindMark({ kind }: { kind: Kind }): JSX.Element {
  return (
    <svg class={`kind ${kind}`} width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
      {kind === 'differs' ? (
        <path d="M7 0l7 7-7 7-7-7z" />
      ) : kind === 'error' ? (
        <path d="M7 1l6 11H1z" />
      ) : (
        <circle cx="7" cy="7" r={kind === 'positive' ? 4.5 : 6} />
      )}
    </svg>
  )
}

export function Tip(props: {
  point: MapPoint
  at: readonly [number, number]
  width: number
  height: number
  label: string
  batch: string
}): JSX.Element {
  const { point, at, width, height, label, batch } = props
  const [w, h] = [164, 196]
  const x = at[0] + 18 + w > width ? Math.max(0, at[0] - 18 - w) : at[0] + 18
  const y = Math.min(Math.max(0, at[1] - h / 2), Math.max(0, height - h))
  const positives = usePositives(findModel(label))
  const isOwn = point.kind === 'positive'
  return (
    <div class="map-tip" aria-hidden="true" style={{ transform: `translate(${x}px, ${y}px)` }}>
      <Picture
        file={isOwn ? undefined : fileOf(batch, point.index)}
        path={isOwn ? positives?.images[point.index]?.thumbnail : client.batchPicture(batch, point.index)}
        alt=""
      />
      <MiddleCut text={baseName(point.image)} />
      <span class="row tight muted">
        <KindMark kind={kindOf(point)} /> {t.map.kinds[kindOf(point)]}
      </span>
    </div>
  )
}
