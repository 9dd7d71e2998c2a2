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
  readonly dropped?: Dropped
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
    return {
      images,
      dropped: droppedOf(images),
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

/** The folders that were dropped, where every image is in one. */
type Dropped = Pick<BatchRecord, 'uploadedFolder' | 'uploadedFolders'>

/** Folders that are told: a title has room for less. */
const maxFolders = 20

function droppedOf(names: readonly string[]): Dropped {
  const folders = new Set<string>()
  for (const name of names) {
    const end = name.indexOf('/')
    if (end < 1) return {}
    if (folders.size < maxFolders) folders.add(name.slice(0, end))
  }
  const [first, second] = folders
  return first === undefined ? {} : second === undefined ? { uploadedFolder: first } : { uploadedFolders: [...folders] }
}
