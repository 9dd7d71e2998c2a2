/**
 * Model files of format version 1, read as those of today: their tables lay row after row, and their positives were kept as unit
 * embeddings. What is returned is as unchecked as what came in.
 */
import type { Matrix } from '../core/matrix.ts'
import { toPanels } from '../core/panels.ts'
import { supportVectors } from '../detectors/kernel-svm.ts'

interface Version1 {
  readonly ensemble: {
    readonly whitening: { readonly axes: Matrix }
    readonly oneClassSvm: { readonly vectors: Matrix }
  }
  readonly positives: { readonly embeddings: unknown; readonly images: unknown }
}

/** @throws RangeError or TypeError when there is nothing to convert */
export function fromVersion1(value: unknown): unknown {
  const artifact = value as Version1
  const { ensemble, positives } = artifact
  const { whitening, oneClassSvm } = ensemble
  return {
    ...artifact,
    ensemble: {
      ...ensemble,
      whitening: { ...whitening, axes: toPanels(checked(whitening.axes)) },
      oneClassSvm: { ...oneClassSvm, ...supportVectors(checked(oneClassSvm.vectors)) },
    },
    positives: { principal: null, embeddings: positives.embeddings, images: positives.images },
  }
}

/** Sizes come from the file: before memory is taken for them, they must fit what lies there. */
function checked(table: Matrix): Matrix {
  const { rows, cols, data } = table
  const isCount = (size: number) => Number.isSafeInteger(size) && size > 0
  if (!(isCount(rows) && isCount(cols) && data instanceof Float64Array && data.length === rows * cols)) {
    throw new RangeError('a table does not have the size that it says')
  }
  return table
}
