/** The one comparison of folders: from train/ and test/ to the report's files. The library and the command line call it. */
import { basename, dirname, join, resolve } from 'node:path'
import { openBackbone } from '../features/registry.ts'
import { mergeSkipped, type Skipped } from '../images/left-out.ts'
import type { ImageSource } from '../images/source.ts'
import type { FailedEntry } from '../images/walk.ts'
import { version } from '../system/config.ts'
import { usableCpus } from '../system/cpus.ts'
import { assertWritable } from '../system/files.ts'
import type { Split } from '../wire/splits.ts'
import { type CompareHooks, type CompareOptions, compare } from './compare.ts'
import type { CompareReport } from './compare-report.ts'
import { splitOf } from './comparison.ts'
import { readLabelled } from './labelled.ts'
import { selectMethods } from './methods.ts'
import { writeReport } from './report/report.ts'
import { forgetProgress } from './resume.ts'

export interface CompareFoldersOptions
  extends Pick<CompareOptions, 'methods' | 'effort' | 'alpha' | 'seed' | 'keepNearDuplicates' | 'command'> {
  readonly home: string
  /** Has positive/ and, for some methods, negative/: folders by any names that `evaluate` takes, or a labels.csv. */
  readonly train: string
  /** Has both. */
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
  await assertWritable(out, 'folder of the report', 'name another')
  const { images, failed, skipped, notes } = await collectSplits(train, test)
  const backbone = await openBackbone(ref, { home, ...(onNotice && { onNotice }) })
  try {
    const resumeFolder = join(resolve(out), '.partial')
    const more = {
      title: `Compare methods: ${titleOf(train)}`,
      resumeFolder,
      cpus: usableCpus(),
      packageVersion: version,
    }
    const compared = await compare({ ...options, ...more, images, failed, backbone }, hooks)
    const report = { ...compared, data: { ...compared.data, skipped, warnings: [...notes, ...compared.data.warnings] } }
    await writeReport(report, out)
    await forgetProgress(resumeFolder)
    return report
  } finally {
    await backbone.close()
  }
}

/** Positives and negatives of both parts, found as `evaluate` finds them. What the lack of negatives means is said in the report. */
async function collectSplits(train: string, test: string) {
  const images: Record<Split, ImageSource[]> = {
    trainPositive: [],
    trainNegative: [],
    testPositive: [],
    testNegative: [],
  }
  const failed: (FailedEntry & { split: Split })[] = []
  const skipped: (readonly Skipped[])[] = []
  const notes: string[] = []
  for (const [part, folder] of [
    ['train', train],
    ['test', test],
  ] as const) {
    const found = await readLabelled(folder)
    for (const { source, label } of found.images) images[splitOf[part][label]].push(source)
    for (const { label, ...entry } of found.failed) failed.push({ split: splitOf[part][label], ...entry })
    skipped.push(found.skipped)
    if (found.note) notes.push(`Of ${part}: ${found.note}`)
  }
  return { images, failed, skipped: mergeSkipped(skipped), notes }
}

function titleOf(train: string): string {
  const path = resolve(train)
  return basename(path) === 'train' ? basename(dirname(path)) : basename(path)
}
