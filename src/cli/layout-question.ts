/** A folder that looks like the root of a data set: a question on a terminal, a note elsewhere. */
import { createInterface } from 'node:readline/promises'
import { OneclassError } from '../errors.ts'
import type { CollectedPositives } from '../pipeline/positives.ts'
import type { Io } from './command.ts'

/**
 * @param folder as it was named
 * @param takeAll all images of the folder
 * @returns what is learnt instead of what was found; undefined: what was found
 * @throws CANCELLED where nothing shall be
 */
export function settleLayout(
  found: CollectedPositives,
  folder: string,
  takeAll: () => Promise<CollectedPositives>,
  io: Io,
): Promise<CollectedPositives> | undefined {
  if (found.note === undefined) return undefined
  const advice = found.advice?.replace('"negatives" DIR', `--negatives ${folder.replace(/\/$/, '')}`)
  io.err(`note: ${[found.note, ...(advice ? [advice] : [])].join(' ')}`)
  return io.isTerminal && process.stdin.isTTY ? ask(found, takeAll, io) : undefined
}

async function ask(
  found: CollectedPositives,
  takeAll: () => Promise<CollectedPositives>,
  io: Io,
): Promise<CollectedPositives> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    for (;;) {
      const answer = await lines.question(
        'Go on like that (y), learn all images of the folder (a), or stop (n)? [y] ',
        {
          signal: io.signal,
        },
      )
      if (/^(y|yes|)$/i.test(answer.trim())) return found
      if (/^a(ll)?$/i.test(answer.trim())) return await takeAll()
      if (/^no?$/i.test(answer.trim())) throw new OneclassError('CANCELLED', 'Nothing was fitted.')
    }
  } finally {
    lines.close()
  }
}
