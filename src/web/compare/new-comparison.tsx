/** A new comparison: images of this device, sorted by us, or folders of the server; and which methods. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { splits } from '../../wire/splits.ts'
import { addChosen, chosenFor } from '../files/chosen.ts'
import { totalBytes } from '../files/collect.ts'
import { bytes } from '../format.ts'
import { FolderField } from '../models/photo-source.tsx'
import { service } from '../models/store.ts'
import { go } from '../routes.ts'
import { client } from '../service/api.ts'
import { t } from '../text.ts'
import { DropZone } from '../ui/drop-zone.tsx'
import { ErrorNote } from '../ui/notes.tsx'
import { SendingBar, useSending } from '../ui/sending.tsx'
import { type Source, SourceChoice } from '../ui/source-choice.tsx'
import { leastOf, missing, partsOf } from './parts.ts'

export function NewComparison(): JSX.Element {
  const source = useSignal<Source>('device')
  const [positives] = useState(() => chosenFor('compare positives'))
  const [negatives] = useState(() => chosenFor('compare negatives'))
  const train = useSignal('')
  const test = useSignal('')
  const quick = useSignal(true)
  const all = Object.keys(t.compare.names)
  const chosen = useSignal<ReadonlySet<string>>(new Set(all))
  const sending = useSending()

  const found = useMemo(() => partsOf(positives.value, negatives.value), [positives.value, negatives.value])
  const isLocal = source.value === 'device'
  const size = totalBytes([...positives.value, ...negatives.value])
  const { maxRequestBytes = 512 * 1024 ** 2 } = service.value.limits ?? {}
  const lacks = missing(found)
  const isTooBig = isLocal && size > maxRequestBytes
  const isReady =
    chosen.value.size > 0 &&
    sending.sent.value === null &&
    (isLocal ? lacks === undefined && !isTooBig : train.value.trim() !== '' && test.value.trim() !== '')
  const options = () => ({
    quick: quick.value,
    ...(chosen.value.size < all.length ? { methods: all.filter((key) => chosen.value.has(key)) } : {}),
  })

  const start = async (event: Event) => {
    event.preventDefault()
    if (!isReady) return
    await sending.run(async (send) => {
      if (!isLocal) {
        const job = await client.compare({ train: train.value.trim(), test: test.value.trim(), ...options() })
        return go('compare', job.id)
      }
      const images = splits.flatMap((part) =>
        found[part].map(({ name, file }) => ({ name: `${part}/${name}`, bytes: file })),
      )
      const job = await send((more) => client.compareUploads(images, { ...options(), ...more }))
      positives.value = negatives.value = []
      go('compare', job.id)
    })
  }
  const toggle = (key: string) => {
    const next = new Set(chosen.value)
    if (!next.delete(key)) next.add(key)
    chosen.value = next
  }
  return (
    <form class="card stack" onSubmit={(event) => void start(event)}>
      <SourceChoice source={source} server={t.compare.folders} />
      {isLocal ? (
        <>
          <div class="two compare-drops">
            {(
              [
                ['positives', positives],
                ['negatives', negatives],
              ] as const
            ).map(([name, to]) => (
              <section key={name} class="stack" data-drop={name} aria-label={t.compare.drops[name]}>
                <h2 class="minor">{t.compare.drops[name]}</h2>
                <DropZone compact onFiles={(found) => addChosen(to, found)} />
              </section>
            ))}
          </div>
          <p class="hint compare-found" role="status">
            {size === 0
              ? t.compare.dropHint
              : t.compare.found(
                  found.trainPositive.length,
                  found.trainNegative.length,
                  found.testPositive.length,
                  found.testNegative.length,
                )}{' '}
            {size > 0 && lacks && <span class="warn-text">{t.compare.lacks[lacks](leastOf[lacks])}</span>}
            {size > 0 && (
              <button
                type="button"
                class="button quiet small"
                onClick={() => {
                  positives.value = []
                  negatives.value = []
                }}
              >
                {t.fit.clear}
              </button>
            )}
          </p>
          {isTooBig && <p class="field-error">{t.drop.tooBig(bytes(size), bytes(maxRequestBytes))}</p>}
        </>
      ) : (
        <div class="two">
          <FolderField
            label={t.compare.train}
            hint={t.compare.folderHint}
            value={train.value}
            onChange={(next) => (train.value = next)}
          />
          <FolderField
            label={t.compare.test}
            hint={t.compare.folderHint}
            value={test.value}
            onChange={(next) => (test.value = next)}
          />
        </div>
      )}
      <details class="method-choice">
        <summary>{t.compare.chosen(chosen.value.size, all.length)}</summary>
        <fieldset class="method-picks">
          <legend class="hidden">{t.compare.methods}</legend>
          {all.map((key) => (
            <label key={key} class="check">
              <input type="checkbox" checked={chosen.value.has(key)} onChange={() => toggle(key)} />
              {t.compare.names[key]}
            </label>
          ))}
        </fieldset>
      </details>
      {sending.error.value && <ErrorNote error={sending.error.value} />}
      <div class="row apart">
        <label class="check">
          <input type="checkbox" checked={quick.value} onChange={() => (quick.value = !quick.value)} />
          {t.compare.quick}
        </label>
        {sending.sent.value === null ? (
          <button type="submit" class="button primary" disabled={!isReady}>
            {t.compare.start}
          </button>
        ) : (
          <div class="row sending">
            <SendingBar sending={sending} label={t.batches.sending} />
          </div>
        )}
      </div>
    </form>
  )
}
