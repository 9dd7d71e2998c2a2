/** JSON out of Redis or out of a file, which is an input like any other. */
import { type JsonShape, refuseJson } from './json-shape.ts'

/** Lists of 200,000 names have their place in it. */
const usual: JsonShape = { maxDepth: 32, maxValues: 1_000_000 }

/** The value, undefined for what is no JSON or is built beyond all measure. */
export function parseJson(text: string | null | undefined, shape = usual): unknown {
  if (text === null || text === undefined || refuseJson(text, shape) !== undefined) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
