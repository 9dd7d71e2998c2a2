/** The one comparison of folders: from train/ and test/ to the report's files. The library and the command line call it. */
import { stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { OneclassError } from '../errors.ts'
import { openBackbone } from '../features/registry.ts'
import { collect } from '../images/collect.ts'
import { mergeSkipped, type Skipped } from '../images/left-out.ts'
import type { ImageSource } from '../images/source.ts'
import { version } from '../system/config.ts'
import { usableCpus } from '../system/cpus.ts'
import { assertWritable } from '../system/files.ts'
import { type CompareHooks, type CompareOptions, compare } from './compare.ts'
import { type CompareReport, type Split, splits } from './compare-report.ts'
import { splitName } from './material.ts'
import { selectMethods } from './methods.ts'
import { writeReport } from './report/report.ts'

export interface CompareFoldersOptions
  extends Pick<CompareOptions, 'methods' | 'effort' | 'alpha' | 'seed' | 'keepNearDuplicates' | 'command'> {
  readonly home: string
  /** Has positive/ and, for some methods, negative/. */
  readonly train: string
  /** Has positive/ and negative/. */
  readonly test: string
  /** Gets report.html, report.json and scores.csv. */
  readonly out: string
  readonly backbone?: string | undefined
  readonly onNotice?: (sentence: string) => void
}

/** @throws INVALID_ARGUMENT, FOLDER_NOT_FOUND, FOLDER_EMPTY, BACKBONE_NOT_FOUND, TOO_FEW_IMAGES, CANCELLED */
export async function compareFolders(
  { home, train, test, out, backbone: ref, onNotice, ...options }: CompareFoldersOptions,
  hooks: CompareHooks = {},
): Promise<CompareReport> {
  selectMethods(options.methods)
  await assertWritable(out, 'folder of --out', 'name another')
  const { images, failed, skipped } = await collectSplits(train, test)
  const backbone = await openBackbone(ref, { home, ...(onNotice && { onNotice }) })
  try {
    const more = {
      title: `Compare methods: ${titleOf(train)}`,
      resumeFolder: join(resolve(out), '.partial'),
      cpus: usableCpus(),
      packageVersion: version,
    }
    const compared = await compare({ ...options, ...more, images, failed, backbone }, hooks)
    const report = { ...compared, data: { ...compared.data, skipped } }
    await writeReport(report, out)
    return report
  } finally {
    await backbone.close()
  }
}

interface Found {
  readonly images: Record<Split, readonly ImageSource[]>
  readonly failed: NonNullable<CompareOptions['failed']>
  readonly skipped: readonly Skipped[]
}

async function collectSplits(train: string, test: string): Promise<Found> {
  const nothing = { images: [], failed: [], skipped: [] }
  const found = await Promise.all(
    splits.map(async (split) => {
      const folder = join(split.startsWith('train') ? train : test, basename(splitName(split)))
      const exists = await stat(folder).then(
        (entry) => entry.isDirectory(),
        () => false,
      )
      // only positives must be there; what the lack of negatives means is said in the report
      if (!exists && split.endsWith('Negative')) return { split, ...nothing }
      const inside = await collect(folder).catch((error: unknown) => {
        if (split.endsWith('Negative') && error instanceof OneclassError && error.code === 'FOLDER_EMPTY')
          return nothing
        throw error
      })
      return { split, ...inside }
    }),
  )
  return {
    images: Object.fromEntries(found.map(({ split, images }) => [split, images])) as Found['images'],
    failed: found.flatMap(({ split, failed }) => failed.map((entry) => ({ split, ...entry }))),
    skipped: mergeSkipped(found.map(({ skipped }) => skipped)),
  }
}

function titleOf(train: string): string {
  const path = resolve(train)
  return basename(path) === 'train' ? basename(dirname(path)) : basename(path)
}
