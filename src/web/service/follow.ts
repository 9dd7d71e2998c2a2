/** A job followed live by server-sent events, read with `fetch` since EventSource sends no key; taken up again when the line breaks. */
import { ClientError } from '../../client.ts'
import { connected, isConnected, problemOf, send } from './connection.ts'
import type { Job } from './types.ts'

export function isFinished({ state }: Pick<Job, 'state'>): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled'
}

/** Resolves with the finished job; `onView` sees each state on the way. Rejects when there is no such job, or when aborted. */
export async function followJob(id: string, onView: (job: Job) => void, signal: AbortSignal): Promise<Job> {
  for (;;) {
    try {
      const response = await send(`/v1/jobs/${encodeURIComponent(id)}/events`, { signal })
      if (!response.ok) throw await problemOf(response)
      for await (const view of eventsOf(response)) {
        onView(view)
        if (isFinished(view)) return view
      }
    } catch (error) {
      if (signal.aborted) throw error
      if (error instanceof ClientError && error.status < 500 && error.status !== 429) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 400))
    if (!isConnected.value) await connected(signal)
    signal.throwIfAborted()
  }
}

async function* eventsOf(response: Response): AsyncGenerator<Job> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const events = (rest + value).split('\n\n')
    rest = events.pop() ?? ''
    for (const event of events) {
      const data = event
        .split('\n')
        .filter((line) => line.startsWith('data: '))
        .map((line) => line.slice(6))
        .join('\n')
      if (data !== '') yield JSON.parse(data) as Job
    }
  }
}
