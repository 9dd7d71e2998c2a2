/**
 * Why this verdict? Occlusion: each cell of a grid is covered with the image's own mean colour, and what covering changes in the raw
 * ensemble score is that cell's share (Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014). It needs no
 * gradient, so it works with every backbone.
 */
import { fromRows } from '../core/matrix.ts'
import { scoreDiscriminative } from '../detectors/discriminative.ts'
import { scoreWhitened } from '../detectors/ensemble.ts'
import { whiten } from '../detectors/whitening.ts'
import { OneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import type { Pixels } from '../images/pixels.ts'
import type { Artifact } from '../store/artifact.ts'

export interface OcclusionMap {
  readonly cells: number
  /**
   * Shape (cells, cells), row-major: by how many units of the calibration the image looks more like a positive with the cell
   * covered. Above 0: the cell makes it odd; below: the cell makes it belong.
   */
  readonly values: Float64Array
}

/** @throws what the backbone says of the image itself (such as NO_FACE); a covered image without an embedding counts as 0 */
export async function explainByOcclusion(
  artifact: Artifact,
  backbone: Backbone,
  pixels: Pixels,
  cells = 8,
): Promise<OcclusionMap> {
  const covered = Array.from({ length: cells * cells }, (_, i) =>
    cover(pixels, i % cells, Math.floor(i / cells), cells),
  )
  const values = new Float64Array(cells * cells)
  const { ensemble, discriminative: head } = artifact
  const raw = (embedding: Float32Array) => {
    const X = fromRows([embedding])
    // what a member of places would say is left out: it has a map of its own
    const extra = {
      ...(artifact.patches && { patches: Float64Array.of(0) }),
      ...(head && { discriminative: scoreDiscriminative(head, X) }),
    }
    return scoreWhitened(ensemble, whiten(ensemble.whitening, X), extra).ensemble[0]!
  }
  const [whole] = await backbone.embed([pixels])
  if (whole === undefined || whole instanceof OneclassError)
    throw whole ?? new OneclassError('INTERNAL', 'No embedding.')
  const base = raw(whole)
  const batch = 16
  for (let from = 0; from < covered.length; from += batch) {
    const embeddings = await backbone.embed(covered.slice(from, from + batch))
    embeddings.forEach((embedding, k) => {
      if (!(embedding instanceof OneclassError)) values[from + k] = base - raw(embedding)
    })
  }
  return { cells, values }
}

/** The image with cell (column, row) and half a cell around it in its mean colour. */
function cover({ width, height, data }: Pixels, column: number, row: number, cells: number): Pixels {
  const mean = [0, 0, 0]
  for (let i = 0; i < data.length; i++) mean[i % 3]! += data[i]!
  const colour = mean.map((sum) => Math.round(sum / (width * height)))
  const copy = Uint8Array.from(data) // not slice: that of a Buffer shares its memory
  const clamp = (value: number, most: number) => Math.max(0, Math.min(most, Math.round(value)))
  const x1 = clamp(((column + 1.5) * width) / cells, width)
  const y1 = clamp(((row + 1.5) * height) / cells, height)
  for (let y = clamp(((row - 0.5) * height) / cells, height); y < y1; y++) {
    for (let x = clamp(((column - 0.5) * width) / cells, width); x < x1; x++) copy.set(colour, (y * width + x) * 3)
  }
  return { width, height, data: copy }
}
