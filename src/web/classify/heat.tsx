/** Where an image is unusual: the service's grid laid over the picture, marked regions as boxes, and what the colours say. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { heatAt, heatColour, heatLevel, heatOpacity, heatRamp } from '../../wire/heat-colours.ts'
import type { Heatmap, Region } from '../service/types.ts'
import { t } from '../text.ts'
import { contextOf } from '../ui/canvas.ts'
import { LargePicture, type Size } from '../ui/picture.tsx'
import { Marks } from './marks.tsx'

/** Longest side of what is drawn, px. */
const longest = 480

/** A large picture, with heat over it where there is some. */
export function HeatPicture(props: {
  url: string | null
  fallback?: string | null
  alt: string
  map: Heatmap | null | undefined
  regions: readonly Region[]
}): JSX.Element {
  const size = useSignal<Size | null>(null)
  const { map } = props
  const image = map?.image ?? size.value
  return (
    <>
      <LargePicture
        url={props.url}
        alt={props.alt}
        fallback={props.fallback ?? null}
        onSize={(found) => (size.value = found)}
      />
      {map && image && <Heat map={map} image={image} />}
      {map && image && <Marks regions={props.regions} image={image} />}
    </>
  )
}

/** As large as the picture, whatever its shape: it has the same proportions, and both are fitted into the same box. */
function Heat({ map, image }: { map: Heatmap; image: Size }): JSX.Element {
  const ref = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const canvas = ref.current
    if (canvas === null) return
    const scale = longest / Math.max(image.width, image.height)
    canvas.width = Math.max(1, Math.round(image.width * scale))
    canvas.height = Math.max(1, Math.round(image.height * scale))
    const context = contextOf(canvas)
    const pixels = context.createImageData(canvas.width, canvas.height)
    const area = map.area ?? { x: 0, y: 0, ...image }
    for (let y = 0, at = 0; y < canvas.height; y++)
      for (let x = 0; x < canvas.width; x++, at += 4) {
        const u = (((x + 0.5) / canvas.width) * image.width - area.x) / area.width
        const v = (((y + 0.5) / canvas.height) * image.height - area.y) / area.height
        if (u < 0 || u > 1 || v < 0 || v > 1) continue
        const level = heatLevel(heatAt(map, u, v))
        pixels.data.set([...heatColour(level), 255 * heatOpacity(level)], at)
      }
    context.putImageData(pixels, 0, 0)
  }, [map, image.width, image.height])
  return <canvas ref={ref} class="heat" role="img" aria-label={t.classify.where} />
}

const gradient = `linear-gradient(to right, ${heatRamp
  .map((colour, i) => `rgb(${colour.join(' ')} / ${heatOpacity(i / (heatRamp.length - 1)) / 0.75})`)
  .join(', ')})`

/** The colours, and the scale in words. */
export function HeatLegend({ map, regions }: { map: Heatmap; regions: readonly Region[] }): JSX.Element {
  const k = Math.round(1 / map.falseMarks)
  const isMarked = map.values.some((value) => value > 0)
  return (
    <div class="heat-legend" role="status">
      <div class="heat-scale" aria-hidden="true">
        <span class="heat-bar" style={{ backgroundImage: gradient }} />
        <span>{t.classify.heat.usual}</span>
        <span>{t.classify.heat.marked}</span>
        <span>{t.classify.heat.far}</span>
      </div>
      <p class="hint">
        {isMarked ? t.classify.heat.places(regions.length) : t.classify.whereNowhere} {t.classify.heat.promise(k)}
      </p>
    </div>
  )
}
