/** What went wrong, in place; and short messages that pass, which a screen reader speaks. */
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { t } from '../text.ts'
import { Icon } from './icons.tsx'

export interface Failure {
  readonly code: string
  readonly message: string
}

export function failureOf(error: unknown): Failure {
  const { code, message } = error as Partial<Failure>
  if (error instanceof TypeError) return { code: 'NETWORK', message: t.connection.failed }
  return { code: code ?? 'INTERNAL', message: message || t.common.unexpected }
}

/** What an error says, in one sentence of this page's language. */
export function errorWords({ code, message }: Failure): string {
  return t.errors[code] ?? message
}

/** The same with its code, and with the service's own sentence, which says it more exactly and is English. */
export function ErrorWords({ error }: { error: Failure }): JSX.Element {
  const own = errorWords(error)
  return (
    <>
      {own} <code>{error.code}</code>
      {own !== error.message && (
        <span class="hint original" lang="en">
          {error.message}
        </span>
      )}
    </>
  )
}

export function ErrorNote({ error, onRetry }: { error: Failure; onRetry?: () => void }): JSX.Element {
  return (
    <div class="note error" role="alert">
      <p>
        <ErrorWords error={error} />
      </p>
      {onRetry && (
        <button type="button" class="button small" onClick={onRetry}>
          {t.common.retry}
        </button>
      )}
    </div>
  )
}

interface Toast {
  readonly id: number
  readonly text: string
  readonly isError: boolean
}

const toasts = signal<readonly Toast[]>([])
let nextId = 0

export function say(text: string, isError = false): void {
  const id = nextId++
  toasts.value = [...toasts.value.slice(-2), { id, text, isError }]
  setTimeout(() => dismiss(id), isError ? 12_000 : 5000)
}

/** For actions whose failure has no better place. */
export function complain(error: unknown): void {
  if ((error as { name?: string })?.name === 'AbortError') return
  const failure = failureOf(error)
  say(`${errorWords(failure)} (${failure.code})`, true)
}

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id)
}

export function Toasts(): JSX.Element {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, text, isError }) => (
        <div key={id} class={isError ? 'toast error' : 'toast'}>
          <span>{text}</span>
          <button
            type="button"
            class="button quiet square small"
            aria-label={t.common.close}
            onClick={() => dismiss(id)}
          >
            <Icon name="close" size={16} />
          </button>
        </div>
      ))}
    </div>
  )
}
