/**
 * Copies of one photo among many images: turned, mirrored, cropped, lighter, darker, saved again. Each image is compared with those that
 * are most like it, whole or in their features; comparing all with all would take too long.
 */
import { createGroups } from '../core/groups.ts'
import { dot, l2Normalise, type Matrix } from '../core/matrix.ts'
import { type Fingerprint, type Prepared, prepare } from './fingerprint.ts'
import { textureCorrelation } from './register.ts'

/** Textures of copies correlate by more, those of two photos by less: bench/README.md, "Copies". */
const copyFrom = 0.75
/** Images that each is compared with, by each of the two ways to be like it. */
const compared = 5

/**
 * @param prints undefined where there is none; such an image stays alone
 * @param X embeddings of the images, shape (n, d)
 * @returns for each image the index of the first of its group
 */
export function groupCopies(prints: readonly (Fingerprint | undefined)[], X: Matrix): Int32Array {
  const prepared = prints.map((print) => print && prepare(print))
  const groups = createGroups(prints.length)
  const unit = l2Normalise(X)
  const seen = new Set<number>()
  prepared.forEach((a, i) => {
    if (!a) return
    const byShape = nearest(prepared, i, (b) => inner(a.shape, b.shape))
    const byFeatures = nearest(prepared, i, (_, j) =>
      dot(unit.data, unit.data, unit.cols, i * unit.cols, j * unit.cols),
    )
    for (const j of [...byShape, ...byFeatures]) {
      const pair = Math.min(i, j) * prints.length + Math.max(i, j)
      if (seen.has(pair) || groups.leader(i) === groups.leader(j)) continue
      seen.add(pair)
      if (textureCorrelation(a, prepared[j]!) >= copyFrom) groups.join(i, j)
    }
  })
  return groups.leaders()
}

function nearest(
  prepared: readonly (Prepared | undefined)[],
  i: number,
  likeness: (other: Prepared, j: number) => number,
): number[] {
  const best: { j: number; value: number }[] = []
  prepared.forEach((other, j) => {
    if (j === i || !other) return
    const value = likeness(other, j)
    if (best.length === compared && value <= best[compared - 1]!.value) return
    const place = best.findIndex((entry) => entry.value < value)
    best.splice(place < 0 ? best.length : place, 0, { j, value })
    if (best.length > compared) best.pop()
  })
  return best.map(({ j }) => j)
}

function inner(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!
  return sum
}
