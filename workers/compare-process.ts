/** Runs the methods of a comparison: hours of computing and much memory, which end with the process. */
import { setPriority } from 'node:os'
import { toOneclassError } from '../src/errors.ts'
import { compare } from '../src/evaluation/compare.ts'
import { phaseOf } from '../src/evaluation/phase.ts'
import { writeReport } from '../src/evaluation/report/report.ts'
import { openBackbone } from '../src/features/registry.ts'
import { mergeSkipped, type Skipped } from '../src/images/left-out.ts'
import { version } from '../src/system/config.ts'
import type { ComparisonPhase } from '../src/wire/comparison.ts'
import type { ErrorBody } from '../src/wire/error.ts'
import type { SkippedFiles } from '../src/wire/fit-report.ts'
import type { Split } from '../src/wire/splits.ts'
import { receiveWork, tellWorker } from './child.ts'

export interface CompareWork {
  readonly images: Readonly<Record<Split, readonly { readonly name: string; readonly path: string }[]>>
  /** Could not be read before they came here. */
  readonly failed: readonly { readonly split: Split; readonly image: string; readonly error: ErrorBody }[]
  /** What else was in the folders of the splits. */
  readonly skipped: readonly SkippedFiles[]
  /** What else is to be told of the images. */
  readonly notes: readonly string[]
  readonly out: string
  readonly home: string
  readonly cpus: number
  readonly methods: readonly string[] | undefined
  readonly quick: boolean | undefined
  readonly alpha: number | undefined
  readonly seed: number | undefined
}

export type CompareMessage =
  | { readonly progress: number; readonly stage: string; readonly phase: ComparisonPhase }
  | { readonly done: true }
  | { readonly error: ErrorBody }

const work = await receiveWork<CompareWork>()
setPriority(10) // hours of computing: single images and batches go first
try {
  const backbone = await openBackbone(undefined, { home: work.home, threads: work.cpus })
  const report = await compare(
    {
      images: work.images,
      failed: work.failed,
      backbone,
      methods: work.methods,
      effort: work.quick ? 'quick' : 'full',
      ...(work.alpha !== undefined && { alpha: work.alpha }),
      ...(work.seed !== undefined && { seed: work.seed }),
      title: 'Compare methods',
      cpus: work.cpus,
      packageVersion: version,
    },
    {
      onProgress: ({ fraction, message }) =>
        void tellWorker({ progress: fraction, stage: message, phase: phaseOf(fraction) } satisfies CompareMessage),
    },
  )
  const skipped = mergeSkipped([work.skipped as readonly Skipped[]])
  const warnings = [...work.notes, ...report.data.warnings]
  await writeReport({ ...report, data: { ...report.data, skipped, warnings } }, work.out)
  await tellWorker({ done: true } satisfies CompareMessage)
} catch (thrown) {
  const error = toOneclassError(thrown)
  if (error.code === 'INTERNAL') process.stderr.write(`${thrown instanceof Error ? thrown.stack : String(thrown)}\n`)
  await tellWorker({ error: error.toJSON() } satisfies CompareMessage)
}
process.exit(0)
