/**
 * Where the network files lie that models were fitted with: `<home>/backbones/files/<hash>.json`, one a backbone. A model keeps
 * id and hash only, so that it can travel; this is how `score` finds the file again without being told.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { makeFolder } from '../../system/files.ts'
import { parseJson } from '../../system/parse-json.ts'
import { writeWhole } from '../../system/whole-file.ts'

/** The path is absolute. */
const KnownFile = Type.Object({ path: Type.String(), id: Type.String(), hash: Type.String() })
type KnownFile = Static<typeof KnownFile>

/** Best effort: a data directory that cannot be written only means that the file must be named next time. */
export async function rememberFile(home: string, known: KnownFile): Promise<void> {
  if ((await findKnownFile(home, known.hash)) === known.path) return
  const folder = join(home, 'backbones', 'files')
  const path = join(folder, `${known.hash}.json`)
  try {
    await makeFolder(folder)
    await writeWhole(path, `${JSON.stringify(known)}\n`)
  } catch {
    // named again with --backbone
  }
}

/** The path last used for a backbone hash, which may be gone by now. */
export async function findKnownFile(home: string, hash: string): Promise<string | undefined> {
  if (!/^[0-9a-f]{64}$/.test(hash)) return undefined
  try {
    const known = parseJson(await readFile(join(home, 'backbones', 'files', `${hash}.json`), 'utf8'))
    return Value.Check(KnownFile, known) ? known.path : undefined
  } catch {
    return undefined
  }
}
