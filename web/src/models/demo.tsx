/** One click: the service draws its own images, fits a model on them, and the page goes on to try it. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { go } from '../routes.ts'
import { api } from '../service/api.ts'
import { followJob } from '../service/follow.ts'
import type { FitResult, Job } from '../service/types.ts'
import { labelOf } from '../service/types.ts'
import { t } from '../text.ts'
import { complain } from '../ui/notes.tsx'
import { loadModels } from './store.ts'

export function DemoButton({ isMain = false }: { isMain?: boolean }): JSX.Element {
  const job = useSignal<Job | null>(null)
  const busy = useSignal(false)
  const stop = useSignal<AbortController | null>(null)
  useEffect(() => () => stop.value?.abort(), [])

  const start = async () => {
    busy.value = true
    const controller = new AbortController()
    stop.value = controller
    try {
      const started = await api.demo()
      const done = await followJob(started.id, (view) => (job.value = view), controller.signal)
      if (done.error) throw Object.assign(new Error(done.error.message), done.error)
      await loadModels()
      const { model } = done.result as FitResult
      go('classify', labelOf(model))
    } catch (error) {
      if (!controller.signal.aborted) complain(error)
    }
    busy.value = false
    job.value = null
  }
  const { done = 0, total = 0 } = job.value?.progress ?? {}
  const share = total > 0 ? ` ${Math.round((100 * done) / total)} %` : ''
  return (
    <button
      type="button"
      class={isMain ? 'button primary' : 'button'}
      disabled={busy.value}
      onClick={() => void start()}
    >
      {busy.value ? (
        <>
          <span class="spinner" aria-hidden="true" />
          <span role="status">
            {t.models.demoRunning}
            <span class="numbers">{share}</span>
          </span>
        </>
      ) : (
        t.models.demo
      )}
    </button>
  )
}
