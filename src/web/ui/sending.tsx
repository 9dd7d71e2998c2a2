/** Sending a form with many files: how much is on its way, a way to stop it, and what went wrong. The same in every view that sends. */
import { type Signal, useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { CallOptions } from '../../client.ts'
import { upload } from '../service/upload.ts'
import { t } from '../text.ts'
import { type Failure, failureOf, say } from './notes.tsx'
import { Progress } from './progress.tsx'

/** Sends a call of the client with these options, and tells how much of it is sent. */
export type Send = <T>(call: (options: CallOptions) => Promise<T>) => Promise<T>

export interface Sending {
  /** Share of the bytes that are sent; null: nothing is on its way. */
  readonly sent: Signal<number | null>
  readonly error: Signal<Failure | null>
  /** What is thrown in `work` stands in `error` then, unless it was cancelled. */
  run(work: (send: Send) => Promise<void>): Promise<void>
  cancel(): void
}

/** Ends with the view. */
export function useSending(): Sending {
  const sent = useSignal<number | null>(null)
  const error = useSignal<Failure | null>(null)
  const stop = useRef(new AbortController())
  useEffect(
    () => () => {
      stop.current.abort()
      if (sent.peek() !== null) say(t.drop.stopped)
    },
    [],
  )
  return {
    sent,
    error,
    async run(work) {
      error.value = null
      stop.current = new AbortController()
      const { signal } = stop.current
      try {
        await work((call) => {
          sent.value = 0
          return upload(call, { signal, onProgress: (share) => (sent.value = share) })
        })
      } catch (thrown) {
        if (!signal.aborted) error.value = failureOf(thrown)
      }
      sent.value = null
    },
    cancel: () => stop.current.abort(),
  }
}

/** In the place of the button that began it. */
export function SendingBar({ sending, label }: { sending: Sending; label: string }): JSX.Element {
  return (
    <>
      <Progress share={sending.sent.value ?? 0} label={label} />
      <button type="button" class="button" onClick={sending.cancel}>
        {t.common.cancel}
      </button>
    </>
  )
}
