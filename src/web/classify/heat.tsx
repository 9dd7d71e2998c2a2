/** Where an image is odd: the service's grid of numbers, laid over the picture. */
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { ClassifyResult, Heatmap } from '../service/types.ts'
import { t } from '../text.ts'
import { Icon } from '../ui/icons.tsx'
import { type Asked, explain } from './asked.ts'

export function Heat({ map }: { map: Heatmap }): JSX.Element {
  const ref = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const canvas = ref.current!
    canvas.width = map.width
    canvas.height = map.height
    const context = canvas.getContext('2d')!
    const pixels = context.createImageData(map.width, map.height)
    // above 0 a cell makes the image odd; what makes it belong stays clear
    const high = Math.max(1e-9, ...map.values)
    map.values.forEach((value, i) => {
      const heat = Math.max(0, value) / high
      pixels.data.set([255, 150 - 110 * heat, 30, 190 * heat ** 1.5], 4 * i)
    })
    context.putImageData(pixels, 0, 0)
  }, [map])
  return <canvas ref={ref} class="heat" role="img" aria-label={t.classify.where} />
}

export function HeatButton({ one, result }: { one: Asked; result: ClassifyResult }): JSX.Element | null {
  if (result.heatmap?.values.every((value) => value <= 0)) return <span class="hint">{t.classify.whereNowhere}</span>
  if (result.heatmap) return null
  if (one.isExplained) return <span class="hint">{t.classify.whereNone}</span>
  return (
    <button type="button" class="button small" onClick={() => explain(one.id)}>
      <Icon name="expand" size={16} />
      {t.classify.whereShow}
    </button>
  )
}
