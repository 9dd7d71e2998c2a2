/** The demo's samples to try: drawn by the worker that fits the demo's model, kept by the service in `<home>/demo-samples.json`. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { OneclassError } from '../errors.ts'
import { parseJson } from '../system/parse-json.ts'
import { writeWhole } from '../system/whole-file.ts'

/** The name of the demo's model. */
export const demoModel = 'demo'

const Samples = Type.Array(
  Type.Object({
    id: Type.String({ pattern: '^[a-z0-9-]{1,40}$' }),
    kind: Type.Union([Type.Literal('positive'), Type.Literal('negative')]),
    what: Type.String({ maxLength: 100 }),
    /** Base64. */
    jpeg: Type.String({ maxLength: 1_000_000 }),
  }),
  { maxItems: 100 },
)
export type DemoSamples = Static<typeof Samples>

export function encodeSamples(
  samples: readonly (Omit<DemoSamples[number], 'jpeg'> & { readonly jpeg: Uint8Array })[],
): Uint8Array {
  return Buffer.from(
    JSON.stringify(samples.map((sample) => ({ ...sample, jpeg: Buffer.from(sample.jpeg).toString('base64') }))),
  )
}

/** Redis is an input like any other. @throws MODEL_CORRUPT, and nothing is saved */
export async function saveSamples(home: string, bytes: Uint8Array): Promise<void> {
  if (!Value.Check(Samples, parseJson(Buffer.from(bytes).toString('utf8'))))
    throw new OneclassError('MODEL_CORRUPT', 'The samples that came with the model are damaged: fit it again.')
  await writeWhole(join(home, 'demo-samples.json'), bytes)
}

/** None before the demo was fitted, nor from a damaged file: fitted again it is there again. */
export async function readSamples(home: string): Promise<DemoSamples> {
  const samples = parseJson(await readFile(join(home, 'demo-samples.json'), 'utf8').catch(() => undefined))
  return Value.Check(Samples, samples) ? samples : []
}
