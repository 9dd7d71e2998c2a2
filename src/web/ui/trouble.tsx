/** A banner over every view while the service cannot do its work: what is wrong, and what to do about it. */
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { href } from '../routes.ts'
import { otherWorkers, pageVersion, serviceVersion, type Trouble, takesRequests, trouble } from '../service/health.ts'
import { t } from '../text.ts'
import { say } from './notes.tsx'

export function TroubleBanner({ onKey }: { onKey: () => void }): JSX.Element | null {
  const now = trouble.value
  const last = useRef<Trouble | null>(null)
  useEffect(() => {
    if (now === null && last.current !== null && !isVersion(last.current) && last.current !== 'key') say(t.trouble.over)
    last.current = now
  }, [now])
  if (now === null) return null
  return (
    <div class={`offline ${now}`} role="alert" data-trouble={now}>
      {!isVersion(now) && now !== 'key' && <span class="spinner" aria-hidden="true" />}
      <span>{wordsOf(now)}</span>
      {(now === 'workers' || now === 'workerVersion' || now === 'queue') && (
        <a href={href('operations')}>{t.nav.operations}</a>
      )}
      {now === 'key' && (
        <button type="button" class="button small" onClick={onKey}>
          {t.key.give}
        </button>
      )}
      {now === 'version' && (
        <button type="button" class="button small" onClick={() => location.reload()}>
          {t.trouble.reload}
        </button>
      )}
    </div>
  )
}

/** The same at the end of a dialog, which covers the banner. */
export function TroubleNote(): JSX.Element | null {
  const now = trouble.value
  if (now === null || now === 'key' || isVersion(now)) return null
  return (
    <p class="note warn trouble-note" role="alert">
      {wordsOf(now)}
    </p>
  )
}

function wordsOf(now: Trouble): string {
  if (now === 'lost') return t.connection.lost
  if (now === 'version') return t.trouble.version(pageVersion, serviceVersion.value ?? '')
  if (now === 'workerVersion') return t.trouble.workerVersion(otherWorkers.value, serviceVersion.value ?? '')
  return now === 'workers' ? `${t.trouble.workers} ${t.trouble.workersHow}` : t.trouble[now]
}

/** Said, but nothing waits for it. */
function isVersion(now: Trouble): boolean {
  return now === 'version' || now === 'workerVersion'
}

/** In the place of what is asked for, while the service cannot be asked. */
export function Waits(): JSX.Element | null {
  return takesRequests.value ? null : <p class="muted">{t.classify.waitsForService}</p>
}
