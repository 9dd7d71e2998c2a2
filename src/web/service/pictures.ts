/** Pictures of the service. An <img> sends no key, so where there is one they are fetched and shown from memory. */
import { useEffect, useState } from 'preact/hooks'
import { client } from './api.ts'
import { isConnected, key } from './connection.ts'

const kept = new Map<string, Promise<string | null>>()
const most = 3000

/** The address to show it from; null until it is there, or when it is not to be had. */
export function usePicture(path: string | null | undefined): string | null {
  const direct = key.value === null ? (path ?? null) : null
  const [shown, setShown] = useState<{ path: string; url: string | null } | null>(null)
  useEffect(() => {
    if (path == null || direct !== null) return
    let current = true
    void fetched(path).then((url) => current && setShown({ path, url }))
    return () => {
      current = false
    }
  }, [path, direct, isConnected.value])
  if (direct !== null) return direct
  return shown !== null && shown.path === path ? shown.url : null
}

function fetched(path: string): Promise<string | null> {
  let url = kept.get(path)
  if (url === undefined) {
    url = client
      .picture(path)
      .then((blob) => URL.createObjectURL(blob))
      .catch(() => {
        kept.delete(path) // asked for again when it is next looked at, or when the service is back
        return null
      })
    kept.set(path, url)
    for (const [oldest, gone] of kept) {
      if (kept.size <= most) break
      kept.delete(oldest)
      void gone.then((old) => old !== null && URL.revokeObjectURL(old))
    }
  }
  return url
}
