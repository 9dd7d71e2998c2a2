/** Forest, SVM and whole fits on rows, one thread each, beside scikit-learn and the npm packages on the same rows. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Matrix, row } from '../../src/core/matrix.ts'
import { writeNpy } from '../../src/core/npy.ts'
import { createRandom } from '../../src/core/random.ts'
import { oneClassSvm } from '../../src/detectors/index.ts'
import { growIsolationTrees, scoreIsolationTrees } from '../../src/detectors/isolation-trees.ts'
import { scoreKernelSvm, trainKernelSvm } from '../../src/detectors/kernel-svm.ts'
import { type LibsvmTrainer, loadLibsvm } from '../../src/detectors/libsvm.ts'
import { fitFeatures } from '../../src/pipeline/fit-features.ts'
import { type Measured, measure, timed } from './measure.ts'
import { hasModules, npmForest, pythonPeer } from './peers.ts'
import { correlatedRows } from './rows.ts'

interface Seconds {
  readonly fit: number
  readonly score: number
}

interface Rows {
  readonly X: Matrix
  readonly test: Matrix
  /** The same as files, for Python. */
  readonly files: readonly [string, string]
}

/** Fit and score 1,000 trees on 1,000 rows of 512. The npm package grows 100 trees, and its time is multiplied by ten. */
export async function forest(rounds: number): Promise<Measured[]> {
  return await withRows(1000, 512, async ({ X, test, files }) => {
    const Npm = await npmForest()
    const [train, probe] = [asObjects(X), asObjects(test)]
    const sklearn = await hasModules('sklearn')
    return await measure({
      group: 'forest: 1,000 trees, 1,000 rows of 512, fit and score',
      rounds,
      contenders: [
        {
          name: 'oneclass',
          run: () =>
            timed(() =>
              scoreIsolationTrees(growIsolationTrees(X, { trees: 1000, subsample: 256 }, createRandom(1)).trees, test),
            ),
        },
        ...(sklearn
          ? [
              {
                name: 'scikit-learn, one thread',
                run: async () => inAll(await pythonPeer<Seconds>('detectors.py', ['forest', ...files, '1000'], 1)),
              },
            ]
          : []),
        ...(Npm
          ? [
              {
                name: 'npm isolation-forest',
                note: '100 trees, times ten',
                run: async () => {
                  const grown = new Npm(100, 256)
                  return (
                    10 * (await timed(() => void grown.fit(train))) + 10 * (await timed(() => grown.predict(probe)))
                  )
                },
              },
            ]
          : []),
      ],
    })
  })
}

/** Scores 1,000 rows of 512 by a one-class SVM that was trained on 1,000. */
export async function svm(rounds: number): Promise<Measured[]> {
  return await withRows(1000, 512, async ({ X, test, files }) => {
    const [nu, gamma] = [0.02, 0.2 / X.cols]
    const state = await trainKernelSvm(X, { ...oneClassSvm.defaults, nu, gamma }, createRandom(1))
    const Svm = await loadLibsvm()
    const settings = { type: Svm.SVM_TYPES.ONE_CLASS, kernel: '2', gamma, nu, quiet: true }
    const libsvm = new Svm(settings) as LibsvmTrainer & { predict(rows: Float64Array[]): number[] }
    const asRows = (M: Matrix) => Array.from({ length: M.rows }, (_, i) => row(M, i))
    libsvm.train(asRows(X), new Array<number>(X.rows).fill(1))
    const probe = asRows(test)
    const sklearn = await hasModules('sklearn')
    try {
      return await measure({
        group: 'one-class SVM: score 1,000 rows of 512',
        rounds,
        contenders: [
          { name: 'oneclass', run: () => timed(() => scoreKernelSvm(state, test)) },
          ...(sklearn
            ? [
                {
                  name: 'scikit-learn, one thread',
                  run: async () => 1000 * (await pythonPeer<Seconds>('detectors.py', ['svm', ...files], 1)).score,
                },
              ]
            : []),
          { name: 'libsvm-js', note: 'labels only', run: () => timed(() => libsvm.predict(probe)) },
        ],
      })
    } finally {
      libsvm.free()
    }
  })
}

/** Whole fits, calibration and all, beside one forest and one SVM of scikit-learn on the same rows, which calibrate nothing. */
export async function fits(sizes: readonly number[]): Promise<Measured[]> {
  const out: Measured[] = []
  const sklearn = await hasModules('sklearn')
  for (const n of sizes) {
    out.push(
      ...(await withRows(n, 1312, async ({ X, files }) =>
        measure({
          group: `fit ${n.toLocaleString('en')} rows of 1,312`,
          rounds: 1,
          contenders: [
            { name: 'oneclass, calibrated', run: () => timed(() => fitFeatures(X)) },
            ...(sklearn
              ? [
                  {
                    name: 'scikit-learn: forest and SVM once',
                    note: 'no calibration, no whitening',
                    run: async () =>
                      1000 *
                      ((await pythonPeer<Seconds>('detectors.py', ['forest', files[0], files[1], '1000'], 1)).fit +
                        (
                          await pythonPeer<Seconds>('detectors.py', ['svm', ...files], 1)
                        ).fit),
                  },
                ]
              : []),
          ],
        }),
      )),
    )
  }
  return out
}

async function withRows<T>(n: number, d: number, work: (rows: Rows) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'oneclass-bench-'))
  try {
    const [X, test] = [correlatedRows(n, d, 1), correlatedRows(1000, d, 2)]
    const files = [join(folder, 'train.npy'), join(folder, 'test.npy')] as const
    await writeFile(files[0], writeNpy(X))
    await writeFile(files[1], writeNpy(test))
    return await work({ X, test, files })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function asObjects(X: Matrix): Record<string, number>[] {
  return Array.from({ length: X.rows }, (_, i) =>
    Object.fromEntries(Array.from(row(X, i), (value, j) => [`f${j}`, value])),
  )
}

function inAll({ fit, score }: Seconds): number {
  return 1000 * (fit + score)
}
