/** `oneclass keys create|list|revoke|allow-anonymous`: keys for `Authorization: Bearer KEY`. */
import { OneclassError } from '../errors.ts'
import { openKeyStore, scopes } from '../service/key-store.ts'
import type { Command } from './command.ts'
import { flag, oneOf, required } from './values.ts'

/** Once there was a key: the service is closed then. */
export const noKeysLeft =
  'No key is left, so the service answers nobody: oneclass keys create --name NAME, or keys allow-anonymous to ask for none on this machine.'

export const keys: Command = {
  name: 'keys',
  summary: 'Create, list or revoke API keys',
  usage: `keys create --name NAME [--scope classify|manage] [--json]
keys list [--json]
keys revoke ID
keys allow-anonymous`,
  options: {
    name: { type: 'string', value: 'NAME', description: 'whose key it is' },
    scope: {
      type: 'string',
      value: 'SCOPE',
      description: 'classify: ask and read (default); manage: that, and change models',
    },
    json: { type: 'boolean', description: 'print JSON' },
  },

  async run({ values, positionals: [action, id, ...rest], io }) {
    const store = openKeyStore(io.home)
    const asJson = flag(values, 'json')
    if (action === 'create' && id === undefined) {
      const scope = oneOf(values, 'scope', scopes, 'classify')
      const { key, info } = await store.create(required(values, 'name', 'NAME', 'who or what the key is for'), scope)
      if (asJson) await io.out(JSON.stringify({ key, ...info }))
      else {
        await io.out(key)
        io.err(
          `The key "${info.id}" (${scope}) is shown this once and kept nowhere: send it as "Authorization: Bearer KEY".`,
        )
      }
    } else if (action === 'list' && id === undefined) {
      const found = await store.list()
      if (asJson) await io.out(JSON.stringify(found))
      else if (found.length === 0)
        await io.out((await store.isOpen()) ? 'No keys. Create one: oneclass keys create --name NAME' : noKeysLeft)
      for (const info of asJson ? [] : found) {
        await io.out(
          `${info.id}  ${info.scope.padEnd(8)}  ${info.createdAt.slice(0, 16).replace('T', ' ')} UTC  ${info.name}`,
        )
      }
    } else if (action === 'revoke' && id !== undefined && rest.length === 0) {
      await store.revoke(id)
      await io.out(`revoked ${id}`)
      if ((await store.list()).length === 0) io.err(noKeysLeft)
    } else if (action === 'allow-anonymous' && id === undefined) {
      await store.allowAnonymous()
      await io.out('on a loopback address no key is asked for, until one is created')
    } else {
      throw new OneclassError(
        'INVALID_ARGUMENT',
        'Expected keys create --name NAME, keys list, keys revoke ID, or keys allow-anonymous.',
      )
    }
    return 0
  },
}
