/** Forms with images: fields in memory, files one after the other into Redis, so a request of any length takes one image's memory. */
import type { MultipartFile } from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import { OneclassError, toOneclassError } from '../../errors.ts'
import { hashOf } from '../../queue/blobs.ts'
import { unknownName } from './check.ts'
import type { Held } from './held-bytes.ts'

export interface Uploaded {
  readonly image: string
  readonly blob: string
}

/** What tells an upload from others: its name and its bytes. */
export function printOf({ image, blob }: Uploaded): string {
  return `${image} ${hashOf(blob)}`
}

export interface Form {
  readonly fields: Readonly<Record<string, string>>
  readonly files: readonly Uploaded[]
  /** Files of the second field (`also`). */
  readonly others: readonly Uploaded[]
}

export interface FormLimits {
  readonly maxFiles: number
  readonly maxFileBytes: number
  readonly maxTotalBytes: number
  readonly seconds: number
  /** True where a form without any file makes sense. */
  readonly isFileOptional?: boolean
  /** A second field that takes files; they count into the same limits. */
  readonly also?: string
}

/** Bytes of a text field: room for a list of 5,000 indices. */
const maxFieldBytes = 32 * 1024
/** Characters of a file's name. */
const maxName = 255
/** RFC 2046 allows 70; the parser fails at 253. */
const maxBoundary = 200

/**
 * Reads the whole form. What is stored of it belongs to the request (`owned-blobs.ts`).
 * @param fileField the name under which files are taken; whether there are any is the caller's to ask
 */
export async function readForm(request: FastifyRequest, fileField: string, limits: FormLimits): Promise<Form> {
  const [files, others]: [Uploaded[], Uploaded[]] = [[], []]
  let total = 0
  try {
    const named = limits.also === undefined ? [fileField] : [fileField, limits.also]
    const fields = await readParts(request, named, limits, async (bytes, filename, field) => {
      total += bytes.length
      if (total > limits.maxTotalBytes)
        throw new OneclassError(
          'BODY_TOO_LARGE',
          `The images have more than the ${limits.maxTotalBytes} bytes accepted at once: send fewer.`,
        )
      const into = field === fileField ? files : others
      into.push({ image: nameOf(filename, into.length), blob: await request.owned.put(bytes, limits.seconds) })
      request.held.give(bytes.length)
    })
    if (files.length === 0 && !limits.isFileOptional) throw noFile(fileField)
    return { fields, files, others }
  } catch (thrown) {
    throw formError(thrown, limits.maxFiles === 1 ? fileField : undefined)
  }
}

/** A form with one file, which stays in memory. @throws BODY_TOO_LARGE, INVALID_ARGUMENT */
export async function readFileForm(
  request: FastifyRequest,
  fileField: string,
  maxBytes: number,
): Promise<{ fields: Form['fields']; filename: string; bytes: Buffer }> {
  let file: { bytes: Buffer; filename: string } | undefined
  try {
    const limits = { maxFiles: 1, maxFileBytes: maxBytes }
    const fields = await readParts(request, [fileField], limits, async (bytes, filename) => {
      file = { bytes, filename: nameOf(filename, 0) }
    })
    if (file === undefined) throw noFile(fileField)
    return { fields, ...file }
  } catch (thrown) {
    if ((thrown as { code?: string }).code === 'FST_REQ_FILE_TOO_LARGE')
      throw new OneclassError('BODY_TOO_LARGE', `The file has more than the ${maxBytes} bytes accepted.`)
    throw formError(thrown, fileField)
  }
}

async function readParts(
  request: FastifyRequest,
  fileFields: readonly string[],
  { maxFiles, maxFileBytes }: Pick<FormLimits, 'maxFiles' | 'maxFileBytes'>,
  onFile: (bytes: Buffer, filename: string | undefined, field: string) => Promise<void>,
): Promise<Record<string, string>> {
  const fields: Record<string, string> = {}
  const boundary = /boundary="?([^";]*)/i.exec(request.headers['content-type'] ?? '')?.[1] ?? ''
  if (boundary.length > maxBoundary)
    throw new OneclassError('INVALID_ARGUMENT', `The boundary of the form has more than ${maxBoundary} characters.`)
  const parts = request.parts({
    // a part of another type than text is a file, whether its sender names it or not
    isPartAFile: (field, type = 'text/plain', filename) =>
      filename !== undefined ||
      /^(image\/|application\/octet-stream$)/.test(type) ||
      (field !== undefined && fileFields.includes(field) && type !== 'text/plain'),
    preservePath: true, // a/1.jpg and b/1.jpg are two images
    limits: {
      fileSize: maxFileBytes,
      files: maxFiles,
      fields: 20,
      fieldSize: maxFieldBytes,
      fieldNameSize: 100,
      parts: maxFiles + 20,
      headerPairs: 20,
    },
  })
  for await (const part of parts) {
    if (part.type === 'field') {
      checkFieldName(part.fieldname, fileFields, request)
      if (Object.hasOwn(fields, part.fieldname))
        throw new OneclassError('INVALID_ARGUMENT', `The field "${clean(part.fieldname)}" is there twice.`)
      if (part.valueTruncated)
        throw new OneclassError(
          'INVALID_ARGUMENT',
          `The field "${clean(part.fieldname)}" has more than ${maxFieldBytes} bytes.`,
        )
      fields[part.fieldname] = String(part.value)
      continue
    }
    if (!fileFields.includes(part.fieldname))
      throw new OneclassError(
        'INVALID_ARGUMENT',
        `Expected files in the field "${fileFields.join('" or "')}" but found one in "${clean(part.fieldname)}".`,
      )
    await onFile(await readPart(part, request.held), part.filename, part.fieldname)
  }
  return fields
}

/** What a form may hold is said where its route is. @throws INVALID_ARGUMENT */
function checkFieldName(name: string, fileFields: readonly string[], request: FastifyRequest): void {
  const { multipart, query } = request.routeOptions.config.docs ?? {}
  const namesOf = (schema: object = {}) => Object.keys((schema as { properties?: object }).properties ?? {})
  const known = namesOf(multipart)
  if (!known.includes(name)) {
    const elsewhere = namesOf(query).includes(name) ? ` It belongs into the query: "?${name}=".` : ''
    throw new OneclassError('INVALID_ARGUMENT', unknownName('form', name, known) + elsewhere)
  }
  if (fileFields.includes(name))
    throw new OneclassError('INVALID_ARGUMENT', `Expected a file in the field "${name}", but it holds text.`)
}

export function noFile(fileField: string): OneclassError {
  return new OneclassError('INVALID_ARGUMENT', `Expected at least one file in the field "${fileField}".`)
}

/** One file; its bytes are counted as they come, and are the caller's to give back. */
async function readPart(part: MultipartFile, held: Held): Promise<Buffer> {
  const chunks: Buffer[] = []
  // at once, and not at the end of the part: there may be none
  part.file.once('limit', () =>
    part.file.destroy(new OneclassError('IMAGE_TOO_LARGE', 'An image has more bytes than this service takes.')),
  )
  for await (const chunk of part.file as AsyncIterable<Buffer>) {
    held.take(chunk.length)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * What the parser says of a broken form has no status: it is the caller's fault all the same.
 * @param only the field of a form that takes one file
 */
function formError(thrown: unknown, only: string | undefined): unknown {
  if (thrown instanceof OneclassError) return thrown
  const { code, statusCode } = thrown as { code?: string; statusCode?: number }
  if (code === 'FST_FILES_LIMIT' && only !== undefined) {
    const several = only === 'image' ? ' For several images there are batches: POST /v1/models/NAME/batches.' : ''
    return new OneclassError('INVALID_ARGUMENT', `Expected one file, in the field "${only}".${several}`)
  }
  if (code?.startsWith('FST_') && statusCode !== undefined && statusCode < 500) return thrown
  const { message } = toOneclassError(thrown)
  if (/form|multipart|boundary|header|part|aborted|premature|closed/i.test(message))
    return new OneclassError('INVALID_ARGUMENT', 'The form is cut short or damaged.')
  return thrown
}

/** What browsers and `fetch` write in the name of a file, as the HTML standard says ("multipart/form-data encoding algorithm"). */
const written: Readonly<Record<string, string>> = { '%22': '"', '%0A': '\n', '%0D': '\r' }

/** The file's name as the sender calls it, without what cannot be shown; of a long path the end, which tells files apart. */
export function nameOf(filename: string | undefined, index: number): string {
  const read = (filename ?? '').replace(/%(22|0A|0D)/g, (code) => written[code] ?? code)
  const path = withoutControls(read.replaceAll('\\', '/'))
    .split('/')
    .filter((part) => part !== '' && part !== '.' && part !== '..')
  return [...path.join('/')].slice(-maxName).join('') || `image-${index + 1}`
}

function clean(text: string): string {
  return withoutControls(text).slice(0, maxName)
}

function withoutControls(text: string): string {
  return text.replace(/\p{Cc}/gu, '')
}
