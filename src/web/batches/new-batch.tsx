/** A new batch: files of this device or a folder of the server, by a model. */
import { type Signal, useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useCallback, useState } from 'preact/hooks'
import { addChosen, chosenFor, foldersOf } from '../files/chosen.ts'
import { type Collected, totalBytes } from '../files/collect.ts'
import { bytes } from '../format.ts'
import { PhotoSource } from '../models/photo-source.tsx'
import { findModel, newest, service } from '../models/store.ts'
import { go, route } from '../routes.ts'
import { client } from '../service/api.ts'
import { labelOf } from '../service/types.ts'
import { t } from '../text.ts'
import { ModelSelect } from '../ui/model-select.tsx'
import { ErrorNote } from '../ui/notes.tsx'
import { SendingBar, useSending } from '../ui/sending.tsx'
import type { Source } from '../ui/source-choice.tsx'
import { rememberFiles } from './local-files.ts'

export function NewBatch(): JSX.Element | null {
  const asked = route.value.query.get('model') ?? (newest.value[0] ? labelOf(newest.value[0]) : '')
  const first = findModel(asked)
  const label = useSignal(first ? labelOf(first) : asked)
  /** Somebody removed it: another one is the user's choice. */
  const isGone = findModel(label.value) === undefined
  const [images] = useState(() => chosenFor('batch'))
  const skipped = useSignal(0)
  const source = useSignal<Source>('device')
  const folder = useSignal('')
  const also = useSignal<ReadonlySet<string>>(new Set())
  const sending = useSending()
  const add = useCallback((found: Collected) => {
    addChosen(images, found)
    skipped.value = found.skipped
    sending.error.value = null
  }, [])

  const isLocal = source.value === 'device'
  const size = totalBytes(images.value)
  const folders = foldersOf(images.value)
  const { maxUploadImages = 5000, maxRequestBytes = 512 * 1024 ** 2 } = service.value.limits ?? {}
  const tooMuch = !isLocal
    ? null
    : images.value.length > maxUploadImages
      ? t.drop.tooMany(images.value.length, maxUploadImages)
      : size > maxRequestBytes
        ? t.drop.tooBig(bytes(size), bytes(maxRequestBytes))
        : null
  const isReady = !isGone && (isLocal ? images.value.length > 0 && tooMuch === null : folder.value.trim() !== '')

  const run = () =>
    sending.run(async (send) => {
      const others = [...also.value].filter((one) => one !== label.value)
      const keep = { thumbnails: true, map: true, ...(others.length > 0 && { also: others.join() }) }
      if (!isLocal) {
        const batch = await client.batchFolder(label.value, folder.value.trim(), keep)
        return go('batches', batch.id)
      }
      const files = images.value.map(({ name, file }) => ({ name, bytes: file }))
      const batch = await send((more) => client.batch(label.value, files, { ...keep, ...more }))
      rememberFiles(batch.id, images.value)
      images.value = []
      go('batches', batch.id)
    })

  return (
    <section class="card stack new-batch" aria-label={t.batches.new}>
      <PhotoSource source={source} folder={folder} onFiles={add} hasImages={images.value.length > 0} />
      {isLocal && images.value.length > 0 && (
        <div class="row apart">
          <span class="numbers" role="status">
            {[
              `${t.common.images(images.value.length)}, ${bytes(size)}`,
              ...(folders.length > 0 ? [t.drop.from(folders)] : []),
            ].join(', ')}
          </span>
          <button type="button" class="button quiet small" onClick={() => (images.value = [])}>
            {t.fit.clear}
          </button>
        </div>
      )}
      {skipped.value > 0 && isLocal && <p class="hint">{t.drop.skipped(skipped.value)}</p>}
      {tooMuch && <p class="field-error">{tooMuch}</p>}
      <AlsoAsk first={label.value} chosen={also} />
      {isGone && <p class="note warn">{t.batches.modelGone(label.value)}</p>}
      {sending.error.value && <ErrorNote error={sending.error.value} />}
      <div class="row apart">
        <ModelSelect value={label.value} onChange={(next) => (label.value = next)} />
        {sending.sent.value === null ? (
          <button type="button" class="button primary" disabled={!isReady} onClick={() => void run()}>
            {t.batches.run}
          </button>
        ) : (
          <div class="row sending">
            <SendingBar sending={sending} label={t.batches.sending} />
          </div>
        )}
      </div>
    </section>
  )
}

/** Further models that each image is shown to: which of them is it? */
function AlsoAsk({ first, chosen }: { first: string; chosen: Signal<ReadonlySet<string>> }): JSX.Element | null {
  const others = newest.value.map(labelOf).filter((label) => label !== first)
  if (others.length === 0) return null
  const toggle = (label: string) => {
    const next = new Set(chosen.value)
    if (!next.delete(label)) next.add(label)
    chosen.value = next
  }
  return (
    <details class="method-choice">
      <summary>
        {t.batches.also} {chosen.value.size > 0 && <span class="chip numbers">{chosen.value.size}</span>}
      </summary>
      <fieldset class="method-picks">
        <legend class="hint">{t.batches.alsoHelp}</legend>
        {others.map((label) => (
          <label key={label} class="check">
            <input type="checkbox" checked={chosen.value.has(label)} onChange={() => toggle(label)} />
            {label}
          </label>
        ))}
      </fieldset>
    </details>
  )
}
