/**
 * API keys: `oc_ID_SECRET`. The file `<home>/keys.json` (mode 0600) holds the SHA-256 of each key and never the key; the
 * secret has 256 random bits, so a slow hash would add nothing. Compared in constant time.
 *
 * The file is changed under a lock: of two changes at once the second reads what the first wrote, so a key that was revoked
 * stays revoked. A file without keys is not "no keys yet": whoever revokes the last key closes the service, until a key is made
 * or `allowAnonymous` is called. Only where there never was a file is no key asked for (on a loopback address).
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { OneclassError } from '../errors.ts'
import { keepFiles } from '../system/kept-file.ts'
import { withLock } from '../system/lock.ts'
import { parseJson } from '../system/parse-json.ts'
import { writeWhole } from '../system/whole-file.ts'
import { plural } from '../wire/plural.ts'
import { OneOf } from '../wire/type.ts'

export const scopes = ['classify', 'manage'] as const
/** `classify`: ask and read. `manage`: that, and change models, compare, see the queues. */
export type Scope = (typeof scopes)[number]

export interface KeyInfo {
  readonly id: string
  readonly name: string
  readonly scope: Scope
  readonly createdAt: string
}

const StoredKey = Type.Object({
  id: Type.String({ pattern: '^[0-9a-f]{8}$' }),
  name: Type.String(),
  scope: OneOf(scopes),
  createdAt: Type.String(),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
})
const KeyFile = Type.Object({
  keys: Type.Array(StoredKey),
  /** Without keys: is no key asked for? */
  anonymous: Type.Optional(Type.Boolean()),
})
type KeyFile = Static<typeof KeyFile>

export interface KeyStore {
  list(): Promise<KeyInfo[]>
  /** True where no key is asked for on a loopback address: there never was one, or `allowAnonymous` said so. */
  isOpen(): Promise<boolean>
  /** The key itself, which is shown once and kept nowhere. */
  create(name: string, scope: Scope): Promise<{ key: string; info: KeyInfo }>
  /** NOT_FOUND when there is no key of that id. */
  revoke(id: string): Promise<void>
  /** From now on no key is asked for on a loopback address, until one is made. CONFLICT while there are keys. */
  allowAnonymous(): Promise<void>
  /** Whose key it is, undefined for no key of ours. A change of the file counts at once. */
  verify(key: string): Promise<KeyInfo | undefined>
}

const keyForm = /^oc_([0-9a-f]{8})_([A-Za-z0-9_-]{43})$/

export function openKeyStore(home: string): KeyStore {
  const path = join(home, 'keys.json')
  const files = keepFiles((text): KeyFile => {
    const file = parseJson(text)
    if (Value.Check(KeyFile, file)) return file
    // never "no keys": that would open the service
    throw new OneclassError('DISK_UNAVAILABLE', `The key file ${path} is damaged: repair or remove it.`)
  })

  const read = (): Promise<KeyFile> =>
    files.read(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return { keys: [], anonymous: true }
      throw error
    })

  /** Reads, changes and writes as one step. */
  const change = (next: (now: KeyFile) => KeyFile): Promise<void> =>
    withLock(`${path}.lock`, async (lock) => {
      const file = next(await read())
      await lock.assertHeld()
      await writeWhole(path, `${JSON.stringify(file, null, 2)}\n`)
    })

  return {
    async list() {
      return (await read()).keys.map(infoOf)
    },
    async isOpen() {
      const { keys, anonymous } = await read()
      return keys.length === 0 && anonymous === true
    },
    async create(name, scope) {
      if (!/^[^\p{Cc}]{1,64}$/u.test(name))
        throw new OneclassError('INVALID_ARGUMENT', 'Expected the name of a key to have 1 to 64 printable characters.')
      const id = randomBytes(4).toString('hex')
      const key = `oc_${id}_${randomBytes(32).toString('base64url')}`
      const info: KeyInfo = { id, name, scope, createdAt: new Date().toISOString() }
      await change(({ keys }) => ({ keys: [...keys, { ...info, sha256: hash(key).toString('hex') }] }))
      return { key, info }
    },
    async revoke(id) {
      await change(({ keys }) => {
        if (!keys.some((key) => key.id === id))
          throw new OneclassError('NOT_FOUND', `There is no key "${id}"; "oneclass keys list" shows them.`)
        return { keys: keys.filter((key) => key.id !== id) }
      })
    },
    async allowAnonymous() {
      await change(({ keys }) => {
        if (keys.length > 0)
          throw new OneclassError(
            'CONFLICT',
            `${plural(keys.length, 'key is', 'keys are')} there: revoke all first, or use one.`,
          )
        return { keys: [], anonymous: true }
      })
    },
    async verify(key) {
      const id = keyForm.exec(key)?.[1]
      const found = (await read()).keys.find((candidate) => candidate.id === id)
      // an unknown id takes as long as a wrong secret
      const expected = Buffer.from(found?.sha256 ?? '0'.repeat(64), 'hex')
      const isSame = timingSafeEqual(expected, hash(key))
      return found !== undefined && isSame ? infoOf(found) : undefined
    },
  }
}

function infoOf({ id, name, scope, createdAt }: Static<typeof StoredKey>): KeyInfo {
  return { id, name, scope, createdAt }
}

function hash(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
