/**
 * API keys: `oc_ID_SECRET`. The file `<home>/keys.json` (mode 0600) holds the SHA-256 of each key and never the key; the
 * secret has 256 random bits, so a slow hash would add nothing. Compared in constant time.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { open, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { OneclassError } from '../errors.ts'
import { makeFolder } from '../system/files.ts'
import { keepFiles } from '../system/kept-file.ts'

export const scopes = ['classify', 'manage'] as const
/** `classify`: ask and read. `manage`: that, and change models, compare, see the queues. */
export type Scope = (typeof scopes)[number]

export interface KeyInfo {
  readonly id: string
  readonly name: string
  readonly scope: Scope
  readonly createdAt: string
}

interface StoredKey extends KeyInfo {
  readonly sha256: string
}

export interface KeyStore {
  list(): Promise<KeyInfo[]>
  /** The key itself, which is shown once and kept nowhere. */
  create(name: string, scope: Scope): Promise<{ key: string; info: KeyInfo }>
  /** NOT_FOUND when there is no key of that id. */
  revoke(id: string): Promise<void>
  /** Whose key it is, undefined for no key of ours. A change of the file counts at once. */
  verify(key: string): Promise<KeyInfo | undefined>
}

const keyForm = /^oc_([0-9a-f]{8})_([A-Za-z0-9_-]{43})$/

export function openKeyStore(home: string): KeyStore {
  const path = join(home, 'keys.json')
  const files = keepFiles((text): StoredKey[] => {
    try {
      return (JSON.parse(text) as { keys: StoredKey[] }).keys
    } catch {
      // never "no keys": that would open the service
      throw new OneclassError('INTERNAL', `The key file ${path} is damaged: repair or remove it.`)
    }
  })

  const read = (): Promise<StoredKey[]> =>
    files.read(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })

  const write = async (keys: readonly StoredKey[]): Promise<void> => {
    await makeFolder(dirname(path))
    const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
    const file = await open(temporary, 'wx', 0o600)
    await file.writeFile(`${JSON.stringify({ keys }, null, 2)}\n`)
    await file.sync()
    await file.close()
    await rename(temporary, path)
  }

  return {
    async list() {
      return (await read()).map(({ id, name, scope, createdAt }) => ({ id, name, scope, createdAt }))
    },
    async create(name, scope) {
      if (!/^[^\p{Cc}]{1,64}$/u.test(name))
        throw new OneclassError('INVALID_ARGUMENT', 'Expected the name of a key to have 1 to 64 printable characters.')
      const id = randomBytes(4).toString('hex')
      const key = `oc_${id}_${randomBytes(32).toString('base64url')}`
      const info: KeyInfo = { id, name, scope, createdAt: new Date().toISOString() }
      await write([...(await read()), { ...info, sha256: hash(key).toString('hex') }])
      return { key, info }
    },
    async revoke(id) {
      const keys = await read()
      if (!keys.some((key) => key.id === id))
        throw new OneclassError('NOT_FOUND', `There is no key "${id}"; "oneclass keys list" shows them.`)
      await write(keys.filter((key) => key.id !== id))
    },
    async verify(key) {
      const id = keyForm.exec(key)?.[1]
      const found = (await read()).find((candidate) => candidate.id === id)
      // an unknown id takes as long as a wrong secret
      const expected = Buffer.from(found?.sha256 ?? '0'.repeat(64), 'hex')
      const isSame = timingSafeEqual(expected, hash(key))
      return found !== undefined && isSame
        ? { id: found.id, name: found.name, scope: found.scope, createdAt: found.createdAt }
        : undefined
    },
  }
}

function hash(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
