/** What a fit is made of: files of a form, a folder, confirmed images of a batch, and the positives of an earlier version. */
import type { FastifyRequest } from 'fastify'
import { OneclassError } from '../errors.ts'
import { type JobData, lifetimes } from '../queue/jobs.ts'
import { nothingKept } from '../store/gallery.ts'
import { assertNewModelName } from '../store/versions.ts'
import { FitFields, type FitFromFolder } from '../wire/fit.ts'
import type { SkippedFiles } from '../wire/fit-report.ts'
import { labelOf } from '../wire/label.ts'
import type { Model } from '../wire/model.ts'
import { assertSomeRead } from '../wire/negatives.ts'
import type { FailedImage } from '../wire/result.ts'
import { checkRange, parseRange, type SampleRange } from '../wire/sample-range.ts'
import type { ApiContext } from './context.ts'
import { findBatch } from './find-batch.ts'
import { listField, parseFields } from './http/fields.ts'
import type { OwnedBlobs } from './http/owned-blobs.ts'
import { readForm, type Uploaded } from './http/uploads.ts'

export interface FitInput {
  readonly fields: FitFields
  /** The new images, in Redis. */
  readonly files: readonly Uploaded[]
  /** Images that do not belong, in Redis. */
  readonly negatives: readonly Uploaded[]
  /** What else is in the folder. */
  readonly skipped: readonly SkippedFiles[]
  /** Entries of a folder that could not be read. */
  readonly failed: readonly FailedImage[]
  /** Where they came from, in words that are the same for the same request. */
  readonly source: string
}

/** @throws INVALID_ARGUMENT where there is nothing to fit on; what was stored is then removed again */
export async function readFitInput(
  request: FastifyRequest,
  body: FitFromFolder | undefined,
  context: ApiContext,
): Promise<FitInput> {
  const { limits } = context
  if (body !== undefined && !request.isMultipart()) return await readFitBody(body, request.owned, context)
  const form = await readForm(request, 'images', {
    maxFiles: limits.maxFitImages,
    maxFileBytes: limits.maxImageBytes,
    maxTotalBytes: limits.maxRequestBytes,
    seconds: lifetimes.input,
    isFileOptional: true,
    also: 'negatives',
  })
  const { exclude, range, ...rest } = form.fields
  const fields = parseFields(FitFields, {
    ...rest,
    ...(exclude !== undefined && { exclude: excludeField(exclude, rest['base'] !== undefined) }),
    ...(range !== undefined && { range: givenRange(parseRange(range)) }),
  })
  if (form.files.length === 0 && fields.base === undefined)
    throw new OneclassError('INVALID_ARGUMENT', 'Expected at least one file in the field "images".')
  checkFields(fields)
  return { fields, files: form.files, negatives: form.others, skipped: [], failed: [], source: 'upload' }
}

async function readFitBody(body: FitFromFolder, owned: OwnedBlobs, context: ApiContext): Promise<FitInput> {
  const { folder, batch, images = [], negatives: others, negativeImages = [], ...fields } = body
  const chosen = images.length + negativeImages.length
  if ((batch === undefined) !== (chosen === 0) || (images.length > 0 && folder !== undefined))
    throw new OneclassError(
      'INVALID_ARGUMENT',
      'Expected "folder", or "batch" together with "images", "negativeImages" or both.',
    )
  if (folder === undefined && images.length === 0 && fields.base === undefined)
    throw new OneclassError(
      'INVALID_ARGUMENT',
      'Expected a form with "name" and files "images", or JSON with "name" and "folder", "batch" and "images", or "base".',
    )
  const both = images.find((index) => negativeImages.includes(index))
  if (both !== undefined)
    throw new OneclassError('INVALID_ARGUMENT', `Image ${both} stands in "images" and in "negativeImages".`)
  checkFields(fields)
  const ofBatch = async (indices: readonly number[], field: string) =>
    batch === undefined || indices.length === 0 ? nothing : await storeOfBatch(batch, indices, field, context, owned)
  const added = await ofBatch(images, 'images')
  const notAdded = await ofBatch(negativeImages, 'negativeImages')
  const inFolder = others === undefined ? nothing : await storeFolder(others, context, owned)
  if (fields.base === undefined && inFolder.files.length === 0) assertSomeRead(inFolder.failed)
  const without = [others ?? '', negativeImages.join()].filter((part) => part !== '').join(' and ')
  const from = without === '' ? '' : ` without ${without}`
  const positives = folder === undefined ? { ...added, skipped: [] } : await storeFolder(folder, context, owned)
  return {
    ...positives,
    fields,
    negatives: [...inFolder.files, ...notAdded.files],
    failed: [...positives.failed, ...inFolder.failed, ...added.failed, ...notAdded.failed],
    source: `${folder ?? ''}${folder === undefined ? '' : ' '}${batch ?? ''}${folder === undefined ? ` ${images.join()}` : ''}${from}`,
  }
}

/**
 * The earlier version that a fit adds to, with its gallery in Redis.
 * @throws MODEL_NOT_FOUND, MODEL_INCOMPATIBLE (nothing is kept of its positives), INVALID_ARGUMENT
 */
export async function readBase(
  { fields, files }: FitInput,
  { registry, producer, limits }: ApiContext,
): Promise<{ info: Model; base: NonNullable<JobData['fit']['base']> } | undefined> {
  if (fields.base === undefined) return undefined
  const info = await registry.info(fields.base)
  const { gallery, backbone } = info
  const exclude = [...new Set(excludedOf(fields).indices)]
  const wrong = exclude.find((i) => i >= info.n)
  if (wrong !== undefined)
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `"exclude" names positive ${wrong}, but ${labelOf(info)} has the positives 0 to ${info.n - 1}.`,
    )
  if (info.n - exclude.length + files.length > limits.maxFitImages)
    throw new OneclassError('INVALID_ARGUMENT', `A model has at most ${limits.maxFitImages} positives over HTTP.`)
  if (gallery === null || backbone === null) throw nothingKept(labelOf(info))
  if (!(await producer.blobs.touchModel(gallery, lifetimes.input))) {
    const bytes = await registry.gallery(labelOf(info))
    if (bytes === undefined) throw nothingKept(labelOf(info))
    await producer.blobs.putModel(gallery, bytes, lifetimes.input)
  }
  return { info, base: { label: labelOf(info), gallery, backbone, exclude, ...(info.range && { range: info.range }) } }
}

function givenRange({ low, high }: SampleRange): NonNullable<FitFields['range']> {
  return { low, high }
}

function checkFields({ name, backbone, base, detail, patches, light, exclude, range }: FitFields): void {
  assertNewModelName(name) // before images are stored and fitted for nothing
  if (range !== undefined) checkRange(range.low, range.high)
  if (/\.(onnx|json)$/i.test(backbone ?? ''))
    throw new OneclassError('BACKBONE_NOT_FOUND', 'Over HTTP a backbone is named by its id, not by a file.')
  if (base !== undefined && backbone !== undefined)
    throw new OneclassError('INVALID_ARGUMENT', '"backbone" is that of "base": leave it out.')
  if (patches === false && detail !== undefined && detail !== 'auto')
    throw new OneclassError('INVALID_ARGUMENT', 'Expected "detail", or "patches" as false, not both.')
  const ofBase = detail !== undefined ? 'detail' : light !== undefined ? 'light' : undefined
  if (base !== undefined && ofBase)
    throw new OneclassError('INVALID_ARGUMENT', `"${ofBase}" is that of "base": leave it out.`)
  if (base === undefined && excludedOf({ exclude }).indices.length > 0)
    throw new OneclassError('INVALID_ARGUMENT', 'Numbers in "exclude" are positives of "base": give that too.')
}

/** `misfits`, or names and (with a base) indices: 3,17,a.jpg */
function excludeField(text: string, hasBase: boolean): FitFields['exclude'] {
  if (text.trim() === 'misfits') return 'misfits'
  return listField(text).map((part) => (hasBase && /^\d{1,9}$/.test(part) ? Number(part) : part))
}

/** What is left out, by what it is named by. */
export function excludedOf({ exclude = [] }: { readonly exclude?: FitFields['exclude'] | undefined }): {
  indices: number[]
  images: string[] | 'misfits'
} {
  if (exclude === 'misfits') return { indices: [], images: exclude }
  return {
    indices: exclude.filter((one) => typeof one === 'number'),
    images: exclude.filter((one) => typeof one === 'string'),
  }
}

interface Stored {
  readonly files: readonly Uploaded[]
  readonly failed: readonly FailedImage[]
}

const nothing: Stored = { files: [], failed: [] }

async function storeFolder(
  folder: string,
  context: ApiContext,
  owned: OwnedBlobs,
): Promise<Stored & { skipped: readonly SkippedFiles[] }> {
  const real = await context.places.resolve(folder)
  const { images, skipped } = await context.places.listAll(real, context.limits.maxFitImages)
  return { ...(await storeFiles(real, images, context, owned)), skipped }
}

async function storeOfBatch(
  id: string,
  indices: readonly number[],
  field: string,
  context: ApiContext,
  owned: OwnedBlobs,
): Promise<Stored> {
  const batch = await findBatch(context.producer, id)
  if (batch.folder === null)
    throw new OneclassError('CONFLICT', 'The images of this batch were uploaded and are not kept: send them as files.')
  if (indices.length > context.limits.maxFitImages)
    throw new OneclassError('INVALID_ARGUMENT', `Expected at most ${context.limits.maxFitImages} "${field}".`)
  const wanted = [...new Set(indices)]
  const wrong = wanted.find((i) => i >= batch.total)
  if (wrong !== undefined)
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `"${field}" names image ${wrong}, but the batch has the images 0 to ${batch.total - 1}.`,
    )
  const names = await context.producer.batches.namesAt(id, wanted)
  const there = names.filter((name) => name !== undefined)
  return await storeFiles(batch.folder, there, context, owned)
}

async function storeFiles(
  folder: string,
  images: readonly string[],
  context: ApiContext,
  owned: OwnedBlobs,
): Promise<Stored> {
  const { limits, places } = context
  const files: Uploaded[] = []
  const failed: FailedImage[] = []
  let total = 0
  for (const image of images) {
    const bytes = await places.read(folder, image).catch((error: unknown) => {
      // one that is too large or cannot be read is told with the outcome, as every other bad image
      if (!(error instanceof OneclassError) || !/^(IMAGE|FOLDER|PATH)_/.test(error.code)) throw error
      failed.push({ image, error: error.toJSON() })
    })
    if (!bytes) continue
    total += bytes.length
    if (total > limits.maxRequestBytes)
      throw new OneclassError(
        'BODY_TOO_LARGE',
        `The images have more than the ${limits.maxRequestBytes} bytes accepted at once.`,
      )
    files.push({ image, blob: await owned.put(bytes, lifetimes.input) })
  }
  return { files, failed }
}
