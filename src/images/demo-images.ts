/**
 * The demo's own photographs: a stamped steel ring with six holes and a notch, under varied light, pose, surface and noise; rings with a
 * defect; and things that are no ring. Drawn from distances to shapes, seeded, without any image file.
 */
import type { Random } from '../core/random.ts'
import type { Pixels } from './pixels.ts'

export const defects = ['missing hole', 'crack', 'chipped edge', 'scratch', 'dent'] as const
export type Defect = (typeof defects)[number]

const side = 176

/** A good part, or one with a defect. */
export function renderPart(random: Random, defect?: Defect): Pixels {
  const turn = random.next() * 2 * Math.PI
  const scale = 62 * (1 + 0.06 * (random.next() - 0.5))
  const cx = side / 2 + 8 * (random.next() - 0.5)
  const cy = side / 2 + 8 * (random.next() - 0.5)
  const where = Math.floor(random.next() * 6)
  const at = ((where + 0.2 + 0.6 * random.next()) * Math.PI) / 3
  const dentRadius = 0.6 + 0.2 * random.next()
  const slope = random.next() - 0.5

  /** Distance to the part's edge in units of its radius, below 0 inside; and the height of its surface. */
  const shape = (px: number, py: number): { distance: number; height: number } => {
    const x = (Math.cos(turn) * (px - cx) + Math.sin(turn) * (py - cy)) / scale
    const y = (-Math.sin(turn) * (px - cx) + Math.cos(turn) * (py - cy)) / scale
    const r = Math.hypot(x, y)
    let distance = Math.max(r - 1, 0.36 - r)
    for (let k = 0; k < 6; k++) {
      if (defect === 'missing hole' && k === where) continue
      const angle = ((k + 0.5) * Math.PI) / 3
      distance = Math.max(distance, 0.1 - Math.hypot(x - 0.69 * Math.cos(angle), y - 0.69 * Math.sin(angle)))
    }
    distance = Math.max(distance, -Math.max(Math.abs(y) - 0.06, Math.abs(x - 1) - 0.12)) // the notch
    const [dx, dy] = [Math.cos(at), Math.sin(at)]
    let height = 0.05 * smooth(-distance / 0.07) + (Math.abs(r - 0.5) < 0.025 ? -0.012 : 0)
    if (defect === 'chipped edge') distance = Math.max(distance, 0.17 - Math.hypot(x - dx, y - dy))
    if (defect === 'crack') {
      const along = x * dx + y * dy
      const across = Math.abs(-x * dy + y * dx + 0.04 * Math.sin(21 * along))
      if (along > 0.36 && across < 0.022) height -= 0.2
    }
    if (defect === 'scratch') {
      const across = Math.abs(y - slope * x - 0.62 * Math.sign(slope))
      if (across < 0.03) height -= 0.12 * smooth(1 - across / 0.03)
    }
    if (defect === 'dent') {
      const away = Math.hypot(x - dentRadius * dx, y - dentRadius * dy)
      height -= 0.1 * smooth(1 - away / 0.22)
    }
    return { distance, height }
  }
  return shade(random, shape, turn)
}

/** Something else: a bar, a box, a ball, stripes or a pile of them. */
export function renderOther(random: Random): Pixels {
  const count = 1 + random.int(3)
  const things = Array.from({ length: count }, () => {
    const [x, y] = [side * (0.25 + 0.5 * random.next()), side * (0.25 + 0.5 * random.next())]
    const [w, h] = [12 + 45 * random.next(), 12 + 45 * random.next()]
    const turn = random.next() * Math.PI
    return { x, y, w, h, cos: Math.cos(turn), sin: Math.sin(turn), kind: random.int(3) }
  })
  const shape = (px: number, py: number) => {
    let distance = 9
    for (const { x, y, w, h, cos, sin, kind } of things) {
      const u = cos * (px - x) + sin * (py - y)
      const v = -sin * (px - x) + cos * (py - y)
      const box = Math.max(Math.abs(u) - w, Math.abs(v) - h) / 60
      if (kind === 0) distance = Math.min(distance, box)
      else if (kind === 1)
        distance = Math.min(distance, (Math.hypot(u, v) - (w + h) / 2) / 60) // a ball
      else distance = Math.min(distance, Math.max(box, 0.08 - Math.abs(Math.sin(u / 6)) * 0.16)) // stripes
    }
    return { distance, height: 0.3 * smooth(-distance / 0.3) }
  }
  return shade(random, shape, 0, [random.next(), random.next(), random.next()])
}

type Shape = (x: number, y: number) => { readonly distance: number; readonly height: number }

/** Lambert and a little gloss from one lamp, brushed grain, a table with a shadow, sensor noise. */
function shade(random: Random, shape: Shape, grainTurn: number, tint: readonly number[] = [0.5, 0.5, 0.5]): Pixels {
  const lamp = random.next() * 2 * Math.PI
  const tilt = 0.55 + 0.25 * random.next()
  const light = [Math.cos(lamp) * Math.sin(tilt), Math.sin(lamp) * Math.sin(tilt), Math.cos(tilt)] as const
  const exposure = 0.85 + 0.3 * random.next()
  const warmth = 0.05 * (random.next() - 0.5)
  const table = 0.22 + 0.1 * random.next()
  const noise = 0.012 + 0.012 * random.next()
  const grain = Float64Array.from({ length: 4 * side }, () => random.normal())
  // the shape is asked once a pixel, with a border for slopes and shadows that look past the image
  const border = 9
  const wide = side + 2 * border
  const distances = new Float64Array(wide * wide)
  const heights = new Float64Array(wide * wide)
  for (let i = 0; i < wide * wide; i++) {
    const { distance, height } = shape((i % wide) - border, Math.floor(i / wide) - border)
    distances[i] = distance
    heights[i] = height
  }
  const shadowAt = Math.round(8 * light[1]) * wide + Math.round(8 * light[0])
  const data = new Uint8Array(side * side * 3)
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const at = (y + border) * wide + x + border
      const inside = smooth(0.5 - distances[at]! * 40)
      const dx = (heights[at + 1]! - heights[at]!) * 26
      const dy = (heights[at + wide]! - heights[at]!) * 26
      const lambert = Math.max(0, (-dx * light[0] - dy * light[1] + light[2]) / Math.sqrt(dx * dx + dy * dy + 1))
      const across = Math.cos(grainTurn) * (y - side / 2) - Math.sin(grainTurn) * (x - side / 2)
      const brushed = 0.018 * grain[Math.round(across * 1.6) + 2 * side]!
      const metal = 0.12 + 0.58 * lambert + 0.3 * lambert ** 18 + brushed
      const shadow = 1 - 0.45 * smooth(0.5 - distances[at + shadowAt]! * 12)
      const falloff = 1 - 0.25 * Math.hypot(x / side - 0.5 + 0.3 * light[0], y / side - 0.5 + 0.3 * light[1])
      for (let c = 0; c < 3; c++) {
        const body = metal * (0.7 + 0.6 * tint[c]!)
        const value = (inside * body + (1 - inside) * table * shadow) * falloff * exposure + (c - 1) * -warmth
        data[(y * side + x) * 3 + c] = Math.max(0, Math.min(255, 255 * (value + noise * random.normal())))
      }
    }
  }
  return { width: side, height: side, data }
}

/** 0 below 0, 1 above 1, smooth between. */
function smooth(t: number): number {
  const u = Math.max(0, Math.min(1, t))
  return u * u * (3 - 2 * u)
}
