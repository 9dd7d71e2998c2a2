/**
 * Tells addresses of the operator what happened: a fit or a comparison that ended, a batch that ended, drift. Signed as Standard Webhooks
 * says (standardwebhooks.com): `webhook-signature: v1,BASE64` is the HMAC-SHA256 of "ID.TIMESTAMP.BODY", so that a receiver knows who
 * sent it and that it is not an old one. A receiver answers 2xx; 410 ends the message; anything else is tried again.
 */
import { createHash, createHmac } from 'node:crypto'
import { OneclassError } from '../errors.ts'
import { type Deliveries, openDeliveries } from '../queue/deliveries.ts'
import { deadline } from '../system/deadline.ts'
import type { Log } from '../system/log.ts'
import { withoutSecrets } from '../system/secrets.ts'
import type { WebhookEvent } from '../wire/webhook.ts'

export interface Webhooks {
  /** @param id of what happened: the same twice is one message to each address. Never fails: what Redis does not take is logged. */
  send(id: string, event: WebhookEvent): Promise<void>
  close(): Promise<void>
}

export interface WebhookOptions {
  readonly urls: readonly string[]
  /** `whsec_BASE64`, or any text of 16 characters or more. */
  readonly secret: string | undefined
  readonly redisUrl: string
  readonly log: Log
  readonly pauseMs?: number
}

const answerMs = 15_000

/** Where no address is given nothing is opened. @throws INVALID_ARGUMENT */
export async function openWebhooks({ urls, secret, redisUrl, log, pauseMs }: WebhookOptions): Promise<Webhooks> {
  if (urls.length === 0) return { send: async () => {}, close: async () => {} }
  const key = keyOf(secret)
  for (const url of urls) assertUrl(url)
  const deliveries: Deliveries = await openDeliveries({
    url: redisUrl,
    // an address that is no longer given is no longer told
    deliver: async (id, { url, body }) => !urls.includes(url) || (await post(url, id, body, key)),
    onGivenUp: (id, reason) => log('warn', 'webhook given up', { webhook: id, reason }),
    ...(pauseMs !== undefined && { pauseMs }),
  })
  return {
    async send(id, event) {
      const body = JSON.stringify(event)
      for (const url of urls) {
        // one message an address: its own tries, its own id
        const name = `msg_${createHash('sha256').update(`${id} ${url}`).digest('hex').slice(0, 32)}`
        await deliveries.add(name, { url, body }).catch((error: unknown) => {
          log('warn', 'webhook lost', { webhook: id, error: String(error) })
        })
      }
    },
    close: () => deliveries.close(),
  }
}

/** The value of `webhook-signature`. @param at seconds since 1970 */
export function sign(key: Buffer, id: string, at: number, body: string): string {
  return `v1,${createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')}`
}

async function post(url: string, id: string, body: string, key: Buffer): Promise<boolean> {
  const until = deadline(answerMs)
  const at = Math.floor(Date.now() / 1000)
  try {
    const { address, login } = splitLogin(url)
    const response = await fetch(address, {
      method: 'POST',
      body,
      redirect: 'error',
      signal: until.signal,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'oneclass',
        ...(login !== undefined && { authorization: `Basic ${login}` }),
        'webhook-id': id,
        'webhook-timestamp': String(at),
        'webhook-signature': sign(key, id, at, body),
      },
    })
    await response.body?.cancel()
    if (response.status === 410) return false
    if (!response.ok) throw new Error(`it answered ${response.status}`)
    return true
  } finally {
    until.end()
  }
}

export function keyOf(secret: string | undefined): Buffer {
  const coded = /^whsec_([A-Za-z0-9+/]{16,}=*)$/.exec(secret ?? '')?.[1]
  if (coded !== undefined) return Buffer.from(coded, 'base64')
  if (secret !== undefined && secret.length >= 16) return Buffer.from(secret)
  throw new OneclassError(
    'INVALID_ARGUMENT',
    'Webhooks are signed: put a secret of 16 characters or more into ONECLASS_WEBHOOK_SECRET.',
  )
}

/** `fetch` refuses an address that holds a name and a password, and repeats them in its error. */
function splitLogin(url: string): { address: URL; login: string | undefined } {
  const address = new URL(url)
  const login = [address.username, address.password].map(decodeURIComponent).join(':')
  address.username = address.password = ''
  return { address, login: login === ':' ? undefined : Buffer.from(login).toString('base64') }
}

function assertUrl(url: string): void {
  try {
    if (/^https?:$/.test(splitLogin(url).address.protocol)) return
  } catch {}
  throw new OneclassError(
    'INVALID_ARGUMENT',
    `Expected --webhook to be an http or https address but received "${withoutSecrets(url)}".`,
  )
}
