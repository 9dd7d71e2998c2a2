/** One click: the service draws its own images, fits a model on them, and the page goes on to try it. */
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { go } from '../routes.ts'
import { client } from '../service/api.ts'
import { followJob } from '../service/follow.ts'
import type { FitResult, Job } from '../service/types.ts'
import { labelOf } from '../service/types.ts'
import { t } from '../text.ts'
import { complain } from '../ui/notes.tsx'
import { loadModels } from './store.ts'

// outside of the button: the view around it may change while the demo is made
const job = signal<Job | null>(null)
const isBusy = signal(false)

async function start(): Promise<void> {
  isBusy.value = true
  try {
    const started = await client.demo()
    const onView = (view: Job) => {
      job.value = view
    }
    const done = await followJob(started.id, onView, new AbortController().signal)
    if (done.error) throw Object.assign(new Error(done.error.message), done.error)
    await loadModels()
    go('classify', labelOf((done.result as FitResult).model))
  } catch (error) {
    complain(error)
  }
  isBusy.value = false
  job.value = null
}

export function DemoButton({ isMain = false }: { isMain?: boolean }): JSX.Element {
  const { done = 0, total = 0 } = job.value?.progress ?? {}
  const share = total > 1 ? ` ${Math.round((100 * done) / total)} %` : ''
  return (
    <button
      type="button"
      class={isMain ? 'button primary' : 'button'}
      disabled={isBusy.value}
      onClick={() => void start()}
    >
      {isBusy.value ? (
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
