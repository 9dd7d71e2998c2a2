/** What a batch is made of: the files of a form, or a folder or bucket that is read as work goes in. */
import type { FastifyRequest } from 'fastify'
import { OneclassError } from '../errors.ts'
import type { BatchRecord } from '../queue/batches.ts'
import { lifetimes } from '../queue/jobs.ts'
import { decisionsOf } from '../service/decide-lines.ts'
import type { BatchFromFolder } from '../wire/batch.ts'
import type { Decisions } from '../wire/decisions.ts'
import type { ApiContext } from './context.ts'
import { decisionFields } from './decision-fields.ts'
import { alphaField, flagField } from './http/fields.ts'
import { readForm, type Uploaded } from './http/uploads.ts'

export interface BatchInput {
  readonly images: readonly string[]
  /** There may be more names than these. */
  readonly isOpen: boolean
  /** In Redis. */
  readonly uploads: readonly Uploaded[]
  readonly folder: string | null
  readonly uploadedFolder?: string
  readonly alpha: number | undefined
  readonly decisions: Decisions
  /** Further models, as they were named. */
  readonly also: string | undefined
  readonly keep: NonNullable<BatchRecord['keep']>
  /** Where results go in the end, resolved. */
  readonly results: string | undefined
}

/** @throws INVALID_ARGUMENT, FOLDER_NOT_FOUND, FOLDER_EMPTY, BODY_TOO_LARGE; what was stored belongs to the request */
export async function readBatchInput(
  request: FastifyRequest,
  body: BatchFromFolder | undefined,
  { limits, places, results }: Pick<ApiContext, 'limits' | 'places' | 'results'>,
): Promise<BatchInput> {
  if (request.isMultipart()) {
    const form = await readForm(request, 'images', {
      maxFiles: limits.maxUploadImages,
      maxFileBytes: limits.maxImageBytes,
      maxTotalBytes: limits.maxRequestBytes,
      seconds: lifetimes.input,
    })
    const images = form.files.map(({ image }) => image)
    const uploadedFolder = folderOf(images)
    return {
      images,
      ...(uploadedFolder !== undefined && { uploadedFolder }),
      isOpen: false,
      uploads: form.files,
      folder: null,
      alpha: alphaField(form.fields),
      decisions: decisionFields(form.fields),
      also: form.fields['also'] || undefined,
      results: form.fields['results'] ? results.resolve(form.fields['results']) : undefined,
      keep: { thumbnails: flagField(form.fields, 'thumbnails'), map: flagField(form.fields, 'map') },
    }
  }
  if (!body) throw new OneclassError('INVALID_ARGUMENT', 'Expected a form with files "images", or JSON with "folder".')
  const folder = await places.resolve(body.folder)
  return {
    results: body.results === undefined ? undefined : results.resolve(body.results),
    ...(await places.begin(folder, limits.maxFolderImages)),
    uploads: [],
    folder,
    alpha: body.alpha,
    decisions: decisionsOf(body),
    also: body.also,
    keep: { thumbnails: body.thumbnails ?? false, map: body.map ?? false },
  }
}

/** The folder that all names begin with. */
function folderOf(names: readonly string[]): string | undefined {
  const [folder = '', rest] = (names[0] ?? '').split('/')
  return rest !== undefined && folder !== '' && names.every((name) => name.startsWith(`${folder}/`))
    ? folder
    : undefined
}
