/** Images that a reviewer confirmed become positives of the model's next version. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { FitProgress } from '../models/fit-progress.tsx'
import { findModel } from '../models/store.ts'
import { client } from '../service/api.ts'
import type { Batch, Job } from '../service/types.ts'
import { upload } from '../service/upload.ts'
import { t } from '../text.ts'
import { Dialog } from '../ui/dialog.tsx'
import { ErrorNote, type Failure, failureOf } from '../ui/notes.tsx'
import { Progress } from '../ui/progress.tsx'
import { fileOf, hasFiles } from './local-files.ts'

export function ConfirmPositives(props: {
  batch: Batch
  label: string
  indices: readonly number[]
  onClose: () => void
}): JSX.Element {
  const { batch, label, indices } = props
  const [name = label] = label.split('@')
  const job = useSignal<Job | null>(null)
  const sent = useSignal<number | null>(null)
  const error = useSignal<Failure | null>(null)
  const stop = useRef(new AbortController())
  useEffect(() => () => stop.current.abort(), [])
  const isFolder = batch.keeps?.folder ?? false
  const isGone = !isFolder && !hasFiles(batch.id)
  const alpha = findModel(label)?.alpha ?? 0.05

  const fit = async () => {
    error.value = null
    try {
      if (isFolder) {
        job.value = await client.fitFolder({ name, alpha, base: label, batch: batch.id, images: [...indices] })
        return
      }
      const files = indices.flatMap((index) => {
        const file = fileOf(batch.id, index)
        return file ? { name: file.name, bytes: file } : []
      })
      sent.value = 0
      job.value = await upload((more) => client.fit(name, files, { alpha, base: label, ...more }), {
        signal: stop.current.signal,
        onProgress: (share) => (sent.value = share),
      })
    } catch (thrown) {
      if (!stop.current.signal.aborted) error.value = failureOf(thrown)
    }
    sent.value = null
  }

  return (
    <Dialog title={t.batches.confirmTitle} onClose={props.onClose}>
      {job.value ? (
        <FitProgress id={job.value.id} onAgain={props.onClose} />
      ) : (
        <>
          <p>{t.batches.confirmHelp}</p>
          {isGone && <p class="note">{t.batches.confirmGone}</p>}
          {error.value && <ErrorNote error={error.value} />}
          {sent.value !== null && <Progress share={sent.value} label={t.fit.uploading} />}
          <footer class="actions">
            <button type="button" class="button" onClick={props.onClose}>
              {t.common.cancel}
            </button>
            <button
              type="button"
              class="button primary"
              disabled={isGone || sent.value !== null}
              onClick={() => void fit()}
            >
              {t.batches.confirm(indices.length)}
            </button>
          </footer>
        </>
      )}
    </Dialog>
  )
}
