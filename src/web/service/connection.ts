/** The one way out of the page: requests to its own origin, with the key; and whether the service answers at all. */
import { effect, signal } from '@preact/signals'
import type { Transport } from '../../client.ts'
import { fetchWithProgress } from './progress.ts'

const storageName = 'oneclass.key'

/** The API key, kept for this tab, or on this device where the user asked for it. */
export const key = signal<string | null>(readKey())
/** Set when the service refused a request for want of a key. */
export const keyRefused = signal(false)
/** False from the first request that finds nobody until one is answered again. */
export const isConnected = signal(true)
/** How often the service came back. */
export const returns = signal(0)
let wasConnected = true
effect(() => {
  if (isConnected.value && !wasConnected) returns.value = returns.peek() + 1
  wasConnected = isConnected.value
})
/** When an answer last said that the service itself has trouble (status 503 or 504). */
export const lastFault = signal(0)

function readKey(): string | null {
  try {
    return sessionStorage.getItem(storageName) ?? localStorage.getItem(storageName)
  } catch {
    return null
  }
}

export function setKey(value: string | null, remember: boolean): void {
  try {
    sessionStorage.removeItem(storageName)
    localStorage.removeItem(storageName)
    if (value !== null) (remember ? localStorage : sessionStorage).setItem(storageName, value)
  } catch {
    // no storage: it lives as long as the page
  }
  keyRefused.value = false
  key.value = value
}

/** Where the service is: the folder that this page came from, which a proxy may have put below a path. */
export const serviceAddress = new URL('.', document.baseURI).href.replace(/\/$/, '')

/** Bytes of a request that the browser finishes though the page is left meanwhile: all of them together may have 64 kB. */
const outlives = 16_000

/** As `fetch`; notes lost and found connections and refused keys. */
export const send: Transport = async (address, { onProgress, ...init }) => {
  const headers = new Headers(init.headers)
  if (key.value !== null) headers.set('authorization', `Bearer ${key.value}`)
  const keepalive = typeof init.body === 'string' && init.body.length < outlives
  const request = { ...init, headers, keepalive }
  let response: Response
  try {
    response = await (onProgress ? fetchWithProgress(address, { ...request, onProgress }) : fetch(address, request))
  } catch (error) {
    if (!(error instanceof DOMException && error.name === 'AbortError')) noteLost()
    throw error
  }
  isConnected.value = true
  if (response.status === 401) keyRefused.value = true
  // the question after its health is not taken for a fault: it would ask itself for ever
  if (response.status > 502 && !address.endsWith('/readyz')) lastFault.value = performance.now()
  return response
}

let watching = false

/** Asks once a second whether the service is back. */
function noteLost(): void {
  isConnected.value = false
  if (watching) return
  watching = true
  const ask = async () => {
    const ok = await fetch(`${serviceAddress}/healthz`)
      .then((response) => response.ok)
      .catch(() => false)
    if (ok || isConnected.value) {
      watching = false
      isConnected.value = true
    } else setTimeout(ask, 1000)
  }
  setTimeout(ask, 700)
}

/** Resolves when the service answers again, and takes the key. */
export function connected(signalOfCaller?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = effect(() => {
      if (isConnected.value && !keyRefused.value) queueMicrotask(() => end(resolve)) // `stop` is not there yet during the first call
    })
    const end = (settle: () => void) => {
      stop()
      settle()
    }
    signalOfCaller?.addEventListener('abort', () => end(() => reject(signalOfCaller.reason)))
  })
}

let asking: Promise<void> | undefined

/** Resolves once the service answers: asked now, as a picture or a part of the page that did not come does not tell why. */
export function answers(): Promise<void> {
  const ask = async () => {
    const ok = await fetch(`${serviceAddress}/healthz`).then(
      (response) => response.ok,
      () => false,
    )
    if (!ok) noteLost()
    await connected()
  }
  asking ??= ask().finally(() => (asking = undefined))
  return asking
}

export const isLost = (error: unknown): boolean => error instanceof TypeError
