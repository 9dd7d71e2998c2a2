/** A line drawn about some dots: those inside are reviewed by themselves. */
import { type Signal, useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { type Camera, fromPixel, type Place, toPixel } from './camera.ts'

/** Pixels between two points of the line. */
const step = 4
/** A line of fewer points is a click. */
const fewest = 4

/** @param ring what was drawn, on the plane; null: nothing */
export function Lasso(props: { ring: Signal<readonly Place[] | null>; camera: Camera; isOn: boolean }): JSX.Element {
  const { ring, camera, isOn } = props
  /** While it is drawn, in pixels. */
  const line = useSignal<readonly (readonly [number, number])[] | null>(null)
  const placeOf = (event: PointerEvent & { readonly currentTarget: Element }): [number, number] => {
    const box = event.currentTarget.getBoundingClientRect()
    return [event.clientX - box.left, event.clientY - box.top]
  }
  const shown = line.value ?? ring.value?.map((place) => toPixel(camera, place)) ?? []
  return (
    <svg
      class={isOn ? 'lasso on' : 'lasso'}
      aria-hidden="true"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        ring.value = null
        line.value = [placeOf(event)]
      }}
      onPointerMove={(event) => {
        const last = line.value?.at(-1)
        if (!line.value || !last) return
        const next = placeOf(event)
        if (Math.hypot(next[0] - last[0], next[1] - last[1]) >= step) line.value = [...line.value, next]
      }}
      onPointerUp={() => {
        const drawn = line.value ?? []
        line.value = null
        ring.value = drawn.length < fewest ? null : drawn.map((pixel) => fromPixel(camera, pixel))
      }}
      onPointerCancel={() => (line.value = null)}
    >
      {shown.length > 1 && <polygon points={shown.map((pixel) => pixel.join()).join(' ')} />}
    </svg>
  )
}
