/**
 * Walks a served /openapi.json and sends to each operation what it describes, almost what it describes, and nonsense.
 * Nothing here knows a route: what a later version adds is fuzzed too. Deterministic by its seed.
 *
 * Never a 5xx (but what the document promises, such as /readyz), never silence, and every error is a problem with a code of
 * the table.
 */
import { createRandom, type Random } from '../../src/core/random.ts'
import { errorTable } from '../../src/errors.ts'
import { oddNumbers, oddValues, texts } from './odd-values.ts'

export interface FuzzOptions {
  readonly address: string
  readonly seed: number
  /** Requests an operation. */
  readonly rounds: number
  /** Values that are there: names of models, ids of jobs, folders. They make requests that go further. */
  readonly known: readonly string[]
  readonly key?: string
  /** Milliseconds for one answer, and for the head of a stream. */
  readonly maxMs?: number
}

export interface FuzzReport {
  readonly operations: number
  readonly requests: number
  readonly statuses: Record<string, number>
  readonly codes: Record<string, number>
  readonly slowestMs: number
  /** What must not be. */
  readonly wrong: readonly string[]
}

interface Schema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
}
interface Operation {
  readonly parameters?: readonly { name: string; in: string; schema: Schema }[]
  readonly requestBody?: { content: Readonly<Record<string, { schema: Schema }>> }
  readonly responses: Readonly<Record<string, unknown>>
}

export async function fuzzOpenApi(options: FuzzOptions): Promise<FuzzReport> {
  const { address, rounds, known } = options
  const random = createRandom(options.seed)
  const maxMs = options.maxMs ?? 20_000
  const auth = options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }
  const document = (await (await fetch(`${address}/openapi.json`)).json()) as {
    paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  }
  const statuses: Record<string, number> = {}
  const codes: Record<string, number> = {}
  const wrong: string[] = []
  let operations = 0
  let requests = 0
  let slowestMs = 0
  const pick = <T>(list: readonly T[]): T => list[random.int(list.length)]!

  const send = async (path: string, method: string, init: RequestInit, expected: readonly string[]): Promise<void> => {
    requests++
    const what = `${method.toUpperCase()} ${path.slice(0, 120)} ${String(init.body).slice(0, 120)}`
    const started = performance.now()
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(), maxMs)
    try {
      const headers = { ...auth, ...(init.headers as Record<string, string> | undefined) }
      const response = await fetch(address + path, { ...init, method, headers, signal: controller.signal })
      const type = response.headers.get('content-type') ?? ''
      statuses[response.status] = (statuses[response.status] ?? 0) + 1
      if (response.status >= 500 && !expected.includes(String(response.status)))
        wrong.push(`${response.status}: ${what}`)
      if (response.status < 400 || expected.includes(String(response.status))) {
        await readSome(response, controller)
      } else if (method !== 'HEAD') {
        const text = await response.text()
        const problem = type.startsWith('application/problem+json') ? (JSON.parse(text) as Problem) : undefined
        if (problem === undefined) wrong.push(`${response.status} as ${type}: ${what}`)
        else if (!Object.hasOwn(errorTable, problem.code)) wrong.push(`code ${problem.code}: ${what}`)
        else if (errorTable[problem.code as keyof typeof errorTable].status !== response.status)
          wrong.push(`${problem.code} with ${response.status}: ${what}`)
        else if (/node_modules|\.[tj]s:\d/.test(text)) wrong.push(`tells of the inside: ${what}`)
        if (problem) codes[problem.code] = (codes[problem.code] ?? 0) + 1
      }
    } catch (error) {
      wrong.push(`${controller.signal.aborted ? `no answer in ${maxMs} ms` : error}: ${what}`)
    } finally {
      clearTimeout(timer)
      slowestMs = Math.max(slowestMs, Math.round(performance.now() - started))
    }
  }

  // what removes comes last: the others shall find something
  const removes = (method: string) => method === 'delete'
  for (const isLast of [false, true]) {
    for (const [template, method, operation] of Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [path, method, operation] as const),
    )) {
      if (removes(method) !== isLast) continue
      operations++
      for (let round = 0; round < rounds; round++) {
        const { parameters = [], requestBody, responses } = operation
        const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
          const { schema } = parameters.find((parameter) => parameter.in === 'path' && parameter.name === name) ?? {
            schema: {},
          }
          const value = random.next() < 0.6 && known.length > 0 ? pick(known) : textOf(schema, random)
          // "." and ".." would be taken out of the address by the client itself
          return encode(/^\.{0,2}$/.test(value) ? 'x' : value.slice(0, 2500))
        })
        const query = parameters
          .filter((parameter) => parameter.in === 'query' && random.int(2) === 0)
          .map(
            ({ name, schema }) =>
              `${encode(name)}=${encode(textOf(name === 'wait' ? { maximum: 1 } : schema, random))}`,
          )
        if (random.int(6) === 0) query.push(`${encode(pick(texts))}=${encode(pick(texts))}`)
        const headers: Record<string, string> = {}
        if (random.int(4) === 0) headers['idempotency-key'] = encode(pick(texts)).slice(0, 300)
        const init: RequestInit = { headers }
        if (method !== 'get') bodyOf(requestBody, headers, init)
        const address = query.length > 0 ? `${path}?${query.join('&')}` : path
        await send(address, method.toUpperCase(), init, Object.keys(responses))
        // now and then another method at the same address
        if (random.int(5) === 0)
          await send(
            address,
            pick(['PUT', 'OPTIONS', 'HEAD', 'PATCH', ...(isLast ? ['DELETE'] : []), 'POST', 'GET']),
            {},
            Object.keys(responses),
          )
      }
    }
  }
  return { operations, requests, statuses, codes, slowestMs, wrong }

  function bodyOf(body: Operation['requestBody'], headers: Record<string, string>, init: RequestInit): void {
    const content = Object.entries(body?.content ?? {})
    const choice = random.int(10)
    if (content.length === 0 ? choice < 6 : choice === 0) return
    const found = content.length === 0 ? undefined : pick(content)
    if (found?.[0].startsWith('multipart') && choice < 7) {
      init.body = formOf(found[1].schema)
      return
    }
    headers['content-type'] =
      choice === 9
        ? pick(['text/plain', 'application/xml', 'nonsense', 'application/json; charset=utf-16', 'multipart/form-data'])
        : choice === 8
          ? 'multipart/form-data; boundary=x'
          : 'application/json'
    if (choice === 7)
      init.body = pick(['', '{', '{"a":', '[]', 'null', '"x"', '\0', '--x\r\n', `${'['.repeat(20_000)}`])
    else init.body = JSON.stringify(makeValue(found?.[1].schema ?? {}, random, 0))
  }

  function formOf(schema: Schema): FormData {
    const form = new FormData()
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      if (random.int(5) === 0) continue
      const isFile = property.format === 'binary' || property.items?.format === 'binary'
      for (let i = 0; i <= (isFile ? random.int(3) : 0); i++) {
        if (isFile) form.append(name, new Blob([pick(texts)]), pick(texts))
        else form.append(name, random.int(3) ? String(makeValue(property, random, 0)) : pick(texts))
      }
    }
    if (random.int(5) === 0) form.append(pick(texts) || 'x', pick(texts))
    return form
  }

  function textOf(schema: Schema, source: Random): string {
    if (source.int(3) === 0) return pick(texts)
    const value = makeValue(schema, source, 0)
    return typeof value === 'string' ? value : JSON.stringify(value)
  }

  /** Mostly what the schema describes; now and then something else, at any depth. */
  function makeValue(schema: Schema, source: Random, depth: number): unknown {
    if (depth > 6) return null
    if (source.int(8) === 0) return pick(oddValues)
    if (schema.const !== undefined) return schema.const
    if (schema.enum) return pick(schema.enum)
    const either = schema.anyOf ?? schema.oneOf
    if (either) return makeValue(pick(either), source, depth + 1)
    const type = Array.isArray(schema.type) ? pick(schema.type as string[]) : schema.type
    if (type === 'object' || schema.properties) {
      const entries = Object.entries(schema.properties ?? {}).filter(
        ([name]) => schema.required?.includes(name) || source.int(2) === 0,
      )
      const made = Object.fromEntries(entries.map(([name, property]) => [name, makeValue(property, source, depth + 1)]))
      return source.int(10) === 0 ? { ...made, [pick(texts)]: pick(oddValues) } : made
    }
    if (type === 'array')
      return Array.from({ length: source.int(4) }, () => makeValue(schema.items ?? {}, source, depth + 1))
    if (type === 'number' || type === 'integer') {
      if (source.int(2) === 0) return pick(oddNumbers)
      const low = schema.minimum ?? 0
      const value = low + source.next() * ((schema.maximum ?? low + 1) - low)
      return type === 'integer' ? Math.round(value) : value
    }
    if (type === 'boolean') return source.int(2) === 0
    if (source.int(3) > 0 && known.length > 0) return pick(known)
    return pick(texts)
  }
}

interface Problem {
  readonly code: string
}

/** All of an answer, or the beginning of one that stays open. */
async function readSome(response: Response, controller: AbortController): Promise<void> {
  if (/event-stream|ndjson|csv/.test(response.headers.get('content-type') ?? '')) {
    await response.body?.cancel().catch(() => {})
    controller.abort()
    return
  }
  await response.arrayBuffer()
}

/** As an address takes it; half a surrogate pair is no text at all. */
function encode(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'))
}
