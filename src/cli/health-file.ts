/**
 * A file that says where this process can be asked how it does, for the health check of a container, which knows neither what was started
 * in it nor the port (`healthcheck.ts`).
 */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { parseJson } from '../system/parse-json.ts'

export interface HealthFile {
  /** The service listens there; without an address: the worker is at work. */
  ready(address?: string): Promise<void>
  close(): Promise<void>
}

/** A container that is started again has the file of the time before: it is gone until this one is ready. Nothing of it fails. */
export async function openHealthFile(path: string | undefined): Promise<HealthFile> {
  const close = async (): Promise<void> => {
    if (path !== undefined) await rm(path, { force: true }).catch(() => {})
  }
  await close()
  return {
    async ready(address) {
      if (path !== undefined) await writeFile(path, JSON.stringify({ pid: process.pid, address })).catch(() => {})
    },
    close,
  }
}

/** @returns undefined where all is well, else why not */
export async function checkHealth(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return 'ONECLASS_HEALTH_FILE names no file'
  const text = await readFile(path, 'utf8').catch(() => '')
  const { pid, address } = (parseJson(text) ?? {}) as { pid?: unknown; address?: unknown }
  if (typeof pid !== 'number') return `no service and no worker is ready: there is no ${path}`
  try {
    process.kill(pid, 0)
  } catch {
    return `process ${pid}, which was ready, is gone`
  }
  if (typeof address !== 'string') return undefined
  const url = `${address}/healthz`
  return await fetch(url, { signal: AbortSignal.timeout(4000) }).then(
    ({ ok, status }) => (ok ? undefined : `${url} answered ${status}`),
    (error: Error) => `${url} does not answer (${error.message})`,
  )
}
