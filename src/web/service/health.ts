/**
 * Is a request that is sent now worked on? Asked every few seconds, and at once after an answer that says that the service
 * itself has trouble, so that no view takes such an answer for a word about an image.
 */
import { computed, effect, signal } from '@preact/signals'
import type { Readiness } from '../../client.ts'
import { client } from './api.ts'
import { isConnected, key, keyRefused, lastFault } from './connection.ts'

/** The version that this page was built with. */
declare const __VERSION__: string
export const pageVersion = __VERSION__

export type Trouble = 'lost' | 'key' | 'redis' | 'workers' | 'models' | 'queue' | 'workerVersion' | 'version'

const checks = signal<Readiness['checks'] | null>(null)
export const serviceVersion = signal<string | null>(null)
/** Of workers, where they are not of the service's version. */
export const otherWorkers = signal<readonly string[]>([])

/** What keeps the service from its work; the worst first. */
export const trouble = computed<Trouble | null>(() => {
  if (!isConnected.value) return 'lost'
  if (keyRefused.value) return 'key'
  for (const name of ['redis', 'workers', 'models', 'queue'] as const) if (checks.value?.[name] === false) return name
  if (otherWorkers.value.length > 0) return 'workerVersion'
  return serviceVersion.value !== null && serviceVersion.value !== pageVersion ? 'version' : null
})

/** False while the service cannot even take a request: what is to be asked waits in the page. */
export const takesRequests = computed(() => trouble.value !== 'lost' && trouble.value !== 'redis' && !keyRefused.value)

/** Does it keep the service from its work? A version does not. */
function isHindered(): boolean {
  const now = trouble.value
  return now !== null && now !== 'key' && now !== 'version' && now !== 'workerVersion'
}

const calmMs = 10_000
const troubledMs = 1500

/** Asks from now on for as long as the page lives. */
export function watchHealth(): void {
  let isAskingVersions = false
  const askVersions = async () => {
    if (isAskingVersions) return
    isAskingVersions = true
    const found = await client.service().catch(() => undefined)
    isAskingVersions = false
    if (found === undefined) return
    serviceVersion.value = found.version
    const others = found.workerVersions.filter((version) => version !== found.version)
    if (others.join() !== otherWorkers.value.join()) otherWorkers.value = others
  }
  let timer: ReturnType<typeof setTimeout> | undefined
  let isAsking = false
  const ask = async () => {
    clearTimeout(timer)
    if (isAsking) return
    isAsking = true
    if (isConnected.value && !document.hidden) {
      checks.value = await client.ready().then(
        (ready) => ready.checks,
        () => checks.value,
      )
      void askVersions() // it may take longer, and readiness does not wait for it
    }
    isAsking = false
    timer = setTimeout(ask, isHindered() ? troubledMs : calmMs)
  }
  effect(() => {
    void lastFault.value
    void key.value
    if (isConnected.value)
      setTimeout(ask) // after a lost connection the service may be another one
    else serviceVersion.value = null
  })
  document.addEventListener('visibilitychange', () => void ask())
}
