/**
 * Answers are sent as they are, and checked against what the document says of them: a difference is an error in the log, once
 * for each place. The tests ask for a log without such lines (`test/support/api.ts`).
 */
import type { FastifyInstance } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Log } from '../../system/log.ts'

export const wrongAnswer = 'the answer is not what its schema says'

export function checkAnswers(app: FastifyInstance, log: Log): void {
  const said = new Set<string>()
  app.setSerializerCompiler(({ schema, method, url, httpStatus }) => {
    const check = answerCheck(schema as TSchema)
    return (answer) => {
      const text = JSON.stringify(answer)
      const problem = check(JSON.parse(text)) // as it is read: without what JSON leaves out
      if (problem !== undefined) {
        const where = `${method} ${url} ${httpStatus}: ${problem}`
        if (!said.has(where)) log('error', wrongAnswer, { where })
        if (said.size < 1000) said.add(where)
      }
      return text
    }
  })
}

/** What is wrong with an answer, undefined for nothing. A field that the schema does not name is wrong too. */
function answerCheck(schema: unknown): (answer: unknown) => string | undefined {
  let compiled: ReturnType<typeof Compile> | undefined
  return (answer) => {
    compiled ??= Compile(closed(schema) as TSchema) // at the first answer: a service starts with dozens of them
    if (compiled.Check(answer)) return undefined
    const [first] = compiled.Errors(answer)
    return `${first?.instancePath || 'it'} ${first?.message ?? 'is wrong'}`
  }
}

/** The schema with no room for other properties, at any depth. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const { properties, ...rest } = Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [name, name === 'properties' ? value : closed(value)]),
  ) as { properties?: Readonly<Record<string, unknown>> }
  if (properties === undefined) return rest
  const inner = Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, closed(value)]))
  return { additionalProperties: false, ...rest, properties: inner }
}
