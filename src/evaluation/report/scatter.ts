/** Which images stand in the embedding plot, and where. */
import { fromRows, row } from '../../core/matrix.ts'
import { createRandom, sample } from '../../core/random.ts'
import { present } from '../../errors.ts'
import { type Split, splits } from '../../wire/splits.ts'
import type { EmbeddedPoint } from '../compare-report.ts'
import type { Material } from '../material.ts'
import { principalComponents, rounded, umap } from '../projection.ts'

/** Points of a split at most: the plot stays legible and the report small. */
const perSplit = 200

export async function embedPoints(
  material: Material,
  seed: number,
  pause: () => Promise<void>,
): Promise<EmbeddedPoint[]> {
  const random = createRandom(seed).fork('scatter')
  const chosen: { image: string; split: Split; embedding: Float64Array }[] = []
  for (const split of splits) {
    const { sources, embeddings } = material.of[split]
    const rows = sample(sources.length, Math.min(perSplit, sources.length), random).toSorted()
    for (const i of rows)
      chosen.push({ image: present(sources[i], 'the source of an image').name, split, embedding: row(embeddings, i) })
  }
  if (chosen.length < 3) return []
  const X = fromRows(chosen.map(({ embedding }) => embedding))
  const pca = principalComponents(X)
  const neighbours = await umap(X, seed, pause)
  return chosen.map(({ image, split }, i) => ({
    image,
    split,
    pca: rounded(present(pca[i], 'the place of an image')),
    umap: neighbours ? rounded(present(neighbours[i], 'the place of an image')) : null,
  }))
}
