/** Marked regions of an image, as boxes over its picture. */
import type { JSX } from 'preact'
import type { Region } from '../service/types.ts'
import type { Size } from '../ui/picture.tsx'

/** @param image whose pixels regions are told in. */
export function Marks({ regions, image }: { regions: readonly Region[]; image: Size }): JSX.Element {
  return (
    <svg class="marks" viewBox={`0 0 ${image.width} ${image.height}`} aria-hidden="true">
      {regions.map(({ x, y, width, height }) => (
        <g key={`${x} ${y}`}>
          <rect class="halo" {...{ x, y, width, height }} />
          <rect {...{ x, y, width, height }} />
        </g>
      ))}
    </svg>
  )
}
