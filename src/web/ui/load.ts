/** Data of a view: loaded when it opens, again when the key changes or the service comes back. */
import { useCallback, useEffect, useState } from 'preact/hooks'
import { key } from '../service/connection.ts'
import { takesRequests } from '../service/health.ts'
import { type Failure, failureOf } from './notes.tsx'

export interface Loaded<T> {
  readonly data: T | undefined
  readonly error: Failure | undefined
  readonly reload: () => void
}

/** @param everyMs asks again at this pace, while the page is seen */
export function useLoad<T>(load: () => Promise<T>, inputs: readonly unknown[], everyMs?: number): Loaded<T> {
  const [state, setState] = useState<{ data?: T; error?: Failure }>({})
  const [turn, setTurn] = useState(0)
  const reload = useCallback(() => setTurn((n) => n + 1), [])
  const takesNow = takesRequests.value
  useEffect(() => {
    let current = true
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async () => {
      try {
        const data = document.hidden && everyMs !== undefined ? undefined : await load()
        if (current && data !== undefined) setState({ data })
      } catch (error) {
        if (current && !(error instanceof TypeError)) setState((old) => ({ ...old, error: failureOf(error) }))
      }
      if (current && everyMs !== undefined) timer = setTimeout(ask, everyMs)
    }
    void ask()
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [...inputs, turn, key.value, takesNow])
  return { data: state.data, error: state.error, reload }
}
