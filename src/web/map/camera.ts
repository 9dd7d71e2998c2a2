/** Which part of the plane is on the canvas: a scale and a shift, and the moves on them. */
export interface Camera {
  /** Pixels a unit. */
  readonly scale: number
  /** Pixel of the origin. */
  readonly x: number
  readonly y: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

export type Place = readonly [number, number]

export function fitAll(places: readonly Place[], { width, height }: Size): Camera {
  const xs = places.map(([x]) => x)
  const ys = places.map(([, y]) => y)
  const [left, right, low, high] = [least(xs), -least(xs.map((x) => -x)), least(ys), -least(ys.map((y) => -y))]
  const margin = 28
  const scale = Math.min(
    (width - 2 * margin) / Math.max(1e-9, right - left),
    (height - 2 * margin) / Math.max(1e-9, high - low),
  )
  return {
    scale,
    x: width / 2 - (scale * (left + right)) / 2,
    y: height / 2 + (scale * (low + high)) / 2,
  }
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
}

export function toPixel({ scale, x, y }: Camera, [u, v]: Place): [number, number] {
  return [x + scale * u, y - scale * v]
}

export function fromPixel({ scale, x, y }: Camera, [px, py]: readonly [number, number]): Place {
  return [(px - x) / scale, (y - py) / scale]
}

/** Is a place inside a closed line? By the number of its edges to the right of the place. */
export function isWithin(ring: readonly Place[], [x, y]: Place): boolean {
  let inside = false
  let corner = ring.at(-1)
  if (corner === undefined) return false
  for (const next of ring) {
    const [x1, y1] = corner
    const [x2, y2] = next
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside
    corner = next
  }
  return inside
}

/** Zooms by a factor and keeps what lies under a pixel where it is. */
export function zoomAt({ scale, x, y }: Camera, factor: number, px: number, py: number): Camera {
  return { scale: scale * factor, x: px + (x - px) * factor, y: py + (y - py) * factor }
}

export function pan(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, x: camera.x + dx, y: camera.y + dy }
}

/** Index of the place nearest to a pixel, at most `reach` pixels away; -1 for none. */
export function nearestTo(camera: Camera, places: readonly Place[], px: number, py: number, reach: number): number {
  let best = -1
  let least = reach * reach
  places.forEach((place, i) => {
    const [x, y] = toPixel(camera, place)
    const away = (x - px) ** 2 + (y - py) ** 2
    if (away < least) {
      least = away
      best = i
    }
  })
  return best
}

/** From one place, the next in a direction: near, and not far to the side. -1 when there is none. */
export function nextInDirection(places: readonly Place[], from: number, dx: number, dy: number): number {
  const origin = places[from]
  if (origin === undefined) return places.length > 0 ? 0 : -1
  let best = -1
  let least = Number.POSITIVE_INFINITY
  places.forEach(([x, y], i) => {
    const along = (x - origin[0]) * dx + (y - origin[1]) * dy
    const across = Math.abs((x - origin[0]) * dy - (y - origin[1]) * dx)
    if (i === from || along <= 0 || across > along * 1.5) return
    const cost = along + 2 * across
    if (cost < least) {
      least = cost
      best = i
    }
  })
  return best
}

export function isInside(camera: Camera, place: Place, { width, height }: Size): boolean {
  const [x, y] = toPixel(camera, place)
  return x >= 0 && y >= 0 && x <= width && y <= height
}
