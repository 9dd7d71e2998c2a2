/** The images of a comparison that is asked for by folders below a served root. */
import { join } from 'node:path'
import type { Static } from 'typebox'
import { OneclassError } from '../errors.ts'
import { splitOf } from '../evaluation/comparison.ts'
import { asBinary, type LabelledImage } from '../evaluation/labelled.ts'
import { lifetimes } from '../queue/jobs.ts'
import { foldersIn, lookInto, readListed, resolveBelow } from '../service/local-files.ts'
import type { ComparisonOptions, ComparisonRequest } from '../wire/comparison.ts'
import type { ErrorBody } from '../wire/error.ts'
import type { SkippedFiles } from '../wire/fit-report.ts'
import type { ApiContext } from './context.ts'
import type { OwnedBlobs } from './http/owned-blobs.ts'

/** An image of a split, or why it cannot be read. */
type ListedImage = { readonly split: string; readonly image: string } & (
  | { readonly blob: string }
  | { readonly error: ErrorBody }
)

export interface ComparisonInput {
  readonly options: Static<typeof ComparisonOptions>
  readonly files: ListedImage[]
  /** What else is in the folders. */
  readonly skipped: SkippedFiles[]
  /** Sentences on images that are neither positives nor negatives. */
  readonly notes: string[]
  /** What tells this upload from another. */
  readonly asked: readonly string[]
}

/** @throws FOLDER_NOT_FOUND, FOLDER_EMPTY, PATH_NOT_ALLOWED, INVALID_ARGUMENT where folders do not say what they hold */
export async function readComparedFolders(
  { train, test, ...options }: ComparisonRequest,
  owned: OwnedBlobs,
  context: ApiContext,
): Promise<ComparisonInput> {
  const input: ComparisonInput = { options, files: [], skipped: [], notes: [], asked: [] }
  await storePart('train', train, input, owned, context)
  await storePart('test', test, input, owned, context)
  return input
}

/** What lies in the folders of a part, found as the command line finds it, into Redis. */
async function storePart(
  part: 'train' | 'test',
  folder: string,
  input: ComparisonInput,
  owned: OwnedBlobs,
  { roots, limits }: ApiContext,
): Promise<void> {
  const real = await resolveBelow(folder, roots, 'FOLDER_NOT_FOUND')
  const images: LabelledImage<string>[] = []
  for (const label of await foldersIn(real)) {
    const inside = await resolveBelow(join(real, label), roots, 'FOLDER_NOT_FOUND', `${folder}/${label}`)
    const found = await lookInto(inside, roots, limits.maxFitImages).catch(nothingInEmpty)
    images.push(
      ...found.images.map((name) => ({ source: { name: `${label}/${name}`, path: join(inside, name) }, label })),
    )
    input.skipped.push(...found.skipped)
  }
  const known = asBinary({ images, failed: [], skipped: [] }, folder)
  if (!known.images.some(({ label }) => label === 'positive'))
    throw new OneclassError(
      'FOLDER_EMPTY',
      `"${folder}" has no folder of positives: expected positive/ and negative/, or good/ and bad/.`,
    )
  if (known.images.length > 2 * limits.maxFitImages)
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `"${folder}" holds ${known.images.length} images, more than the ${2 * limits.maxFitImages} accepted.`,
    )
  if (known.note) input.notes.push(`Of ${part}: ${known.note}`)
  for (const { source, label } of known.images) {
    const split = splitOf[part][label]
    const image = `${part}/${source.name}`
    // one bad image does not stop a comparison: it is told with the report
    const bytes = await readListed(real, source.name, roots, limits.maxImageBytes).catch((error: unknown) => {
      if (!(error instanceof OneclassError) || !/^(IMAGE|FOLDER|PATH)_/.test(error.code)) throw error
      return error
    })
    if (bytes instanceof OneclassError) input.files.push({ split, image, error: bytes.toJSON() })
    else input.files.push({ split, image, blob: await owned.put(bytes, lifetimes.input) })
  }
}

function nothingInEmpty(error: unknown): Awaited<ReturnType<typeof lookInto>> {
  if (error instanceof OneclassError && error.code === 'FOLDER_EMPTY') return { images: [], skipped: [] }
  throw error
}
