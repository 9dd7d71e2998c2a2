/** Heat and regions against masks of defects: the area under the ROC curve over pixels, and how often the hottest region hits. */
import { existsSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import sharp from 'sharp'
import type { HeatGrid } from '../src/wire/heat-colours.ts'
import type { Region } from '../src/wire/result.ts'

/** 1 where the defect is, row by row. */
export interface Mask {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** The mask named as the image; undefined where there is none. */
export async function readMask(folder: string, image: string): Promise<Mask | undefined> {
  const file = join(folder, `${basename(image, extname(image))}.png`)
  if (!existsSync(file)) return undefined
  const { data, info } = await sharp(file).greyscale().raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, data: Uint8Array.from(data, (value) => (value > 127 ? 1 : 0)) }
}

/** Values are counted in so many steps of `stepSize`, from `lowest` on: ranks of millions of pixels without sorting them. */
const steps = { count: 20_000, size: 0.001, lowest: -5 } as const

/** Area under the ROC curve of pixels inside of defects against all others. */
export interface PixelRanks {
  /** @param mask null: a good image, all of it is outside */
  add(map: HeatGrid, mask: Mask | null, size: { readonly width: number; readonly height: number }): void
  area(): number
}

export function createPixelRanks(): PixelRanks {
  const [inside, outside] = [new Float64Array(steps.count), new Float64Array(steps.count)]
  return {
    add(map, mask, { width, height }) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const value = valueAt(map, (x + 0.5) / width, (y + 0.5) / height)
          const step = Math.round((value - steps.lowest) / steps.size)
          const to = mask?.data[y * width + x] ? inside : outside
          to[Math.max(0, Math.min(steps.count - 1, step))]!++
        }
      }
    },
    area() {
      let [pairs, below, all] = [0, 0, 0]
      for (let k = 0; k < steps.count; k++) {
        pairs += inside[k]! * (below + outside[k]! / 2)
        below += outside[k]!
        all += inside[k]!
      }
      return pairs / (below * all)
    },
  }
}

/** Between the places of a map, linearly; x and y in shares of the image. */
function valueAt({ width, height, values }: HeatGrid, x: number, y: number): number {
  const [u, v] = [clamp(x * width - 0.5, width - 1), clamp(y * height - 0.5, height - 1)]
  const [left, top] = [Math.floor(u), Math.floor(v)]
  const [right, below] = [Math.min(width - 1, left + 1), Math.min(height - 1, top + 1)]
  const row = (line: number) =>
    values[line * width + left]! * (1 - u + left) + values[line * width + right]! * (u - left)
  return row(top) * (1 - v + top) + row(below) * (v - top)
}

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(most, value))
}

export interface PixelJudge {
  add(name: string, heat: HeatGrid, regions: readonly Region[], mask: Mask | null, size?: Size): void
  result(): {
    readonly pixelAuroc: number
    /** Images with a mask by the first word of their name, up to "__". */
    readonly kinds: readonly { readonly kind: string; readonly images: number; readonly hits: number }[]
  }
}

type Size = { readonly width: number; readonly height: number }

export function createPixelJudge(): PixelJudge {
  const ranks = createPixelRanks()
  const kinds = new Map<string, { images: number; hits: number }>()
  return {
    add(name, heat, regions, mask, size) {
      ranks.add(heat, mask, mask ?? size!)
      if (mask === null) return
      const kind = basename(name).split('__')[0]!
      const counts = kinds.get(kind) ?? { images: 0, hits: 0 }
      kinds.set(kind, counts)
      counts.images++
      if (regions[0] && hits(regions[0], mask)) counts.hits++
    },
    result: () => ({
      pixelAuroc: ranks.area(),
      kinds: [...kinds].sort().map(([kind, counts]) => ({ kind, ...counts })),
    }),
  }
}

/** Any pixel of the defect lies in the region. */
function hits({ x, y, width, height }: Region, mask: Mask): boolean {
  for (let v = y; v < Math.min(mask.height, y + height); v++)
    for (let u = x; u < Math.min(mask.width, x + width); u++) if (mask.data[v * mask.width + u]) return true
  return false
}
