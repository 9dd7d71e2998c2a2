/** The image of a request: in a form, as the bare body, by URL, by path or as base64. */
import { basename } from 'node:path'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { OneclassError } from '../errors.ts'
import { lifetimes } from '../queue/jobs.ts'
import { decisionsOf } from '../service/decide-lines.ts'
import type { ImageByReference, ImageForModels } from '../wire/classify.ts'
import { Decisions } from '../wire/decisions.ts'
import { Alpha, longestPath } from '../wire/names.ts'
import type { ApiContext } from './context.ts'
import { decisionFields } from './decision-fields.ts'
import { alphaField } from './http/fields.ts'
import { nameOf, noFile, readForm, type Uploaded } from './http/uploads.ts'
import type { Limits } from './limits.ts'
import { fetchImage } from './url-fetch.ts'

/** What every route about one image takes in its query. */
export const imageQuery = ({ maxWaitSeconds }: Pick<Limits, 'maxWaitSeconds'>) => ({
  image: Type.Optional(Type.String({ maxLength: longestPath, description: 'Name of a bare image' })),
  wait: Type.Optional(
    Type.Number({ minimum: 0, maximum: maxWaitSeconds, description: 'Seconds to wait for the result' }),
  ),
})

/** What those that score it take in query and form. */
export const askedOfImage = { alpha: Type.Optional(Alpha), ...Decisions.properties }

/** The form with the image. */
export const imageForm = { image: Type.String({ format: 'binary' }) }

/** Of a request: base64 takes a third more than the image. */
export function imageBodyLimit({ maxImageBytes }: Pick<Limits, 'maxImageBytes'>): number {
  return Math.ceil(maxImageBytes * 1.4)
}

type Reference = ImageByReference | ImageForModels

export interface ImageInput extends Uploaded {
  readonly alpha: number | undefined
  readonly decisions: Decisions
  /** Of a form, as it came. */
  readonly fields: Readonly<Record<string, string>>
}

/** @returns reads the image of a request and stores its bytes, which belong to the request until a job has them */
export function imageReader({ limits, places, urls }: Pick<ApiContext, 'limits' | 'places' | 'urls'>) {
  const readReference = async (body: Reference, request: FastifyRequest): Promise<{ image: string; bytes: Buffer }> => {
    if ('base64' in body) {
      const text = body.base64.replace(/^data:[^,]{0,100};base64,/, '').replace(/\s+/g, '')
      const bytes = Buffer.from(text, 'base64') // passes over what is no base64
      if (bytes.length === 0 || !/^[\w+/-]*={0,2}$/.test(text))
        throw new OneclassError('INVALID_ARGUMENT', 'Expected "base64" to hold the bytes of an image.')
      return { image: body.image ?? 'image', bytes }
    }
    if ('path' in body) {
      const bytes = await places.readOne(body.path)
      request.held.take(bytes.length) // it is in memory as an upload is
      return { image: body.path, bytes }
    }
    if (urls === undefined)
      throw new OneclassError(
        'URL_NOT_ALLOWED',
        'This service fetches no URLs: start it with --allow-url to allow public ones.',
      )
    const bytes = await fetchImage(body.url, {
      ...urls,
      maxBytes: limits.maxImageBytes,
      timeoutMs: limits.urlTimeoutMs,
      onBytes: (count) => request.held.take(count),
    })
    return { image: imageNameOf(body.url), bytes }
  }

  return async (request: FastifyRequest, body: Reference | Buffer | undefined, query: Asked): Promise<ImageInput> => {
    const name = query.image
    const inQuery = decisionsOf(query)
    if (request.isMultipart()) {
      const form = await readForm(request, 'image', {
        maxFiles: 1,
        maxFileBytes: limits.maxImageBytes,
        maxTotalBytes: limits.maxImageBytes,
        seconds: lifetimes.classifyInput,
      })
      const [file] = form.files
      if (file === undefined) throw noFile('image')
      return {
        ...file,
        alpha: agreed('alpha', query.alpha, alphaField(form.fields)),
        decisions: agreedOn(inQuery, decisionFields(form.fields)),
        fields: form.fields,
      }
    }
    if (body === undefined || body === null)
      throw new OneclassError(
        'INVALID_ARGUMENT',
        'Expected a form with the file "image", the bytes of an image of type image/*, or JSON with "url", "path" or "base64".',
      )
    const { image, bytes } = Buffer.isBuffer(body)
      ? { image: nameOf(name, 0), bytes: body }
      : await readReference(body, request)
    // no name either: a body was forgotten
    if (bytes.length === 0 && Buffer.isBuffer(body) && name === undefined)
      throw new OneclassError('INVALID_ARGUMENT', 'Expected the bytes of an image.')
    // a file of nothing is told as everywhere else
    if (bytes.length === 0) throw new OneclassError('IMAGE_UNREADABLE', `"${image}" is empty (0 bytes).`)
    if (bytes.length > limits.maxImageBytes)
      throw new OneclassError('IMAGE_TOO_LARGE', `The image has more than the ${limits.maxImageBytes} bytes accepted.`)
    return {
      image,
      blob: await request.owned.put(bytes, lifetimes.classifyInput),
      alpha: agreed('alpha', query.alpha, 'alpha' in body ? body.alpha : undefined),
      decisions: agreedOn(inQuery, Buffer.isBuffer(body) ? {} : decisionsOf(body)),
      fields: {},
    }
  }
}

/** What is asked beside the image in the query. */
type Asked = { readonly image?: string; readonly alpha?: number } & Decisions

/** What is said in the query and beside the image has to be the same. @throws INVALID_ARGUMENT */
export function agreed<T>(name: string, inQuery: T | undefined, beside: T | undefined): T | undefined {
  if (inQuery === undefined || beside === undefined || inQuery === beside) return beside ?? inQuery
  throw new OneclassError(
    'INVALID_ARGUMENT',
    `"${name}" is ${String(inQuery)} in the query and ${String(beside)} beside the image: give one of them.`,
  )
}

function agreedOn(inQuery: Decisions, beside: Decisions): Decisions {
  for (const [name, value] of Object.entries(beside))
    agreed<unknown>(name, (inQuery as Record<string, unknown>)[name], value)
  return { ...inQuery, ...beside }
}

function imageNameOf(url: string): string {
  try {
    return (
      decodeURIComponent(basename(new URL(url).pathname))
        .replace(/\p{Cc}/gu, '')
        .slice(0, 255) || 'image'
    )
  } catch {
    return 'image'
  }
}
