/** Mouse, wheel and fingers on the plane, as changes of the camera. */
import { type Camera, pan, zoomAt } from './camera.ts'

export interface GestureUse {
  readonly move: (change: (camera: Camera) => Camera) => unknown
  /** What is pointed at, in pixels of the canvas. */
  readonly point: (x: number, y: number) => void
}

/** Returns what takes the listeners off again. */
export function gestures(canvas: HTMLCanvasElement, { move, point }: GestureUse): () => void {
  const pointers = new Map<number, { x: number; y: number }>()
  const placeOf = (event: MouseEvent) => {
    const box = canvas.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }
  const onDown = (event: PointerEvent) => {
    canvas.setPointerCapture(event.pointerId)
    pointers.set(event.pointerId, placeOf(event))
  }
  const onMove = (event: PointerEvent) => {
    const to = placeOf(event)
    const from = pointers.get(event.pointerId)
    if (from === undefined) return point(to.x, to.y)
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1]
    pointers.set(event.pointerId, to)
    if (other === undefined) return void move((camera) => pan(camera, to.x - from.x, to.y - from.y))
    // two fingers: their distance zooms, their middle moves
    const before = Math.hypot(from.x - other.x, from.y - other.y)
    const after = Math.hypot(to.x - other.x, to.y - other.y)
    const [mx, my] = [(to.x + other.x) / 2, (to.y + other.y) / 2]
    move((camera) => pan(zoomAt(camera, after / Math.max(1, before), mx, my), (to.x - from.x) / 2, (to.y - from.y) / 2))
  }
  const onUp = (event: PointerEvent) => {
    pointers.delete(event.pointerId)
    const { x, y } = placeOf(event)
    if (event.type === 'pointerup') point(x, y)
  }
  const onWheel = (event: WheelEvent) => {
    event.preventDefault()
    const { x, y } = placeOf(event)
    const lines = event.deltaMode === 1 ? 16 : 1
    move((camera) => zoomAt(camera, Math.exp(-event.deltaY * lines * 0.0016), x, y))
  }
  canvas.addEventListener('pointerdown', onDown)
  canvas.addEventListener('pointermove', onMove)
  canvas.addEventListener('pointerup', onUp)
  canvas.addEventListener('pointercancel', onUp)
  canvas.addEventListener('wheel', onWheel, { passive: false })
  return () => {
    canvas.removeEventListener('pointerdown', onDown)
    canvas.removeEventListener('pointermove', onMove)
    canvas.removeEventListener('pointerup', onUp)
    canvas.removeEventListener('pointercancel', onUp)
    canvas.removeEventListener('wheel', onWheel)
  }
}
