/** Paints the dots: shape and colour both tell what a dot is. */
import { colour } from '../theme.ts'
import { contextOf } from '../ui/canvas.ts'
import { type Camera, type Place, toPixel } from './camera.ts'

export type Kind = 'positive' | 'belongs' | 'differs' | 'error'

export interface Dot {
  readonly kind: Kind
  readonly place: Place
}

export function draw(
  canvas: HTMLCanvasElement,
  dots: readonly Dot[],
  camera: Camera,
  hidden: ReadonlySet<Kind>,
  focus: number,
): void {
  const context = contextOf(canvas)
  const ratio = canvas.width / canvas.clientWidth
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight)
  const colours: Record<Kind, string> = {
    positive: colour('--line-strong'),
    belongs: colour('--belongs-mark'),
    differs: colour('--differs-mark'),
    error: colour('--unreadable-mark'),
  }
  const ground = colour('--surface')
  context.lineWidth = 1
  for (const kind of ['positive', 'belongs', 'differs', 'error'] as const) {
    if (hidden.has(kind)) continue
    context.fillStyle = colours[kind]
    context.strokeStyle = ground
    for (const dot of dots) {
      if (dot.kind !== kind) continue
      const [x, y] = toPixel(camera, dot.place)
      if (x < -9 || y < -9 || x > canvas.clientWidth + 9 || y > canvas.clientHeight + 9) continue
      context.beginPath()
      shape(context, kind, x, y)
      context.fill()
      context.stroke()
    }
  }
  const dot = dots[focus]
  if (dot === undefined) return
  const [x, y] = toPixel(camera, dot.place)
  context.strokeStyle = colour('--accent')
  context.lineWidth = 2.5
  context.beginPath()
  context.arc(x, y, 9, 0, 2 * Math.PI)
  context.stroke()
}

function shape(context: CanvasRenderingContext2D, kind: Kind, x: number, y: number): void {
  if (kind === 'positive') context.arc(x, y, 4, 0, 2 * Math.PI)
  else if (kind === 'belongs') context.arc(x, y, 5, 0, 2 * Math.PI)
  else if (kind === 'differs') {
    context.moveTo(x, y - 6.5)
    context.lineTo(x + 6.5, y)
    context.lineTo(x, y + 6.5)
    context.lineTo(x - 6.5, y)
    context.closePath()
  } else {
    context.moveTo(x, y - 6)
    context.lineTo(x + 6, y + 5)
    context.lineTo(x - 6, y + 5)
    context.closePath()
  }
}
