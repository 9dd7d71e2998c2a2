/**
 * A reference set for `deep-one-class` when the user has no negatives: eight kinds of pictures that we draw ourselves (stripes,
 * checks, discs, rings, triangles, gradients, noise, clouds), in random colours, sizes and places.
 */
import type { Random } from '../core/random.ts'
import type { Pixels } from '../images/pixels.ts'

type Shade = (x: number, y: number) => number

/** How much of the second colour stands at (x, y), both in [0, 1]; 0 to 1. */
const kinds: readonly ((random: Random) => Shade)[] = [
  (random) => {
    const angle = random.next() * Math.PI
    const frequency = 3 + 20 * random.next()
    return (x, y) => (Math.sin((x * Math.cos(angle) + y * Math.sin(angle)) * frequency * Math.PI) > 0 ? 1 : 0)
  },
  (random) => {
    const cells = 3 + random.int(10)
    return (x, y) => (Math.floor(x * cells) + Math.floor(y * cells)) % 2
  },
  (random) => {
    const discs = Array.from({ length: 2 + random.int(8) }, () => [
      random.next(),
      random.next(),
      0.04 + 0.14 * random.next(),
    ])
    return (x, y) => (discs.some(([cx, cy, r]) => (x - cx!) ** 2 + (y - cy!) ** 2 < r! * r!) ? 1 : 0)
  },
  (random) => {
    const [cx, cy, frequency] = [random.next(), random.next(), 6 + 20 * random.next()]
    return (x, y) => (Math.sin(Math.hypot(x - cx!, y - cy!) * frequency! * Math.PI) > 0 ? 1 : 0)
  },
  (random) => {
    const points = Array.from({ length: 6 }, () => random.next())
    const side = (x: number, y: number, i: number) => {
      const [ax, ay] = [points[2 * i]!, points[2 * i + 1]!]
      const next = (i + 1) % 3
      return (points[2 * next]! - ax) * (y - ay) - (points[2 * next + 1]! - ay) * (x - ax) > 0
    }
    return (x, y) => (side(x, y, 0) === side(x, y, 1) && side(x, y, 1) === side(x, y, 2) ? 1 : 0)
  },
  (random) => {
    const angle = random.next() * 2 * Math.PI
    return (x, y) => Math.min(1, Math.max(0, 0.5 + (x - 0.5) * Math.cos(angle) + (y - 0.5) * Math.sin(angle)))
  },
  (random) => () => random.next(),
  (random) => {
    const waves = Array.from({ length: 6 }, () => [random.normal() * 6, random.normal() * 6, random.next() * 6])
    return (x, y) => 0.5 + waves.reduce((sum, [a, b, c]) => sum + Math.sin(a! * x + b! * y + c!), 0) / 12
  },
]

export const renderedKinds = kinds.length

/** `count` images of each kind, kinds in turn: image i is of kind `i % renderedKinds`. */
export function renderReference(count: number, width: number, height: number, random: Random): Pixels[] {
  return Array.from({ length: count * kinds.length }, (_, i) => {
    const shade = kinds[i % kinds.length]!(random)
    const colours = Array.from({ length: 6 }, () => 255 * random.next())
    const data = new Uint8Array(width * height * 3)
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const share = shade(x / width, y / height)
        for (let c = 0; c < 3; c++) {
          data[(y * width + x) * 3 + c] = colours[c]! + (colours[c + 3]! - colours[c]!) * share
        }
      }
    }
    return { width, height, data }
  })
}
