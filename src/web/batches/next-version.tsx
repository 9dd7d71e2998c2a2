/** From a review to the next version: what becomes a photo of it is shown before, and what it gained is said at the end. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { usualAlpha } from '../../wire/fit-choices.ts'
import type { Collected } from '../files/collect.ts'
import { baseName } from '../format.ts'
import { FitProgress } from '../models/fit-progress.tsx'
import { findModel, versionsOf } from '../models/store.ts'
import { noteQuery } from '../routes.ts'
import { client } from '../service/api.ts'
import { type Batch, type FitResult, labelOf, type Model } from '../service/types.ts'
import { t } from '../text.ts'
import { Dialog } from '../ui/dialog.tsx'
import { DropZone } from '../ui/drop-zone.tsx'
import { ErrorNote } from '../ui/notes.tsx'
import { Picture } from '../ui/picture.tsx'
import { Progress } from '../ui/progress.tsx'
import { useSending } from '../ui/sending.tsx'
import { Again } from './again.tsx'
import type { Item } from './live.ts'
import { adoptFiles, fileOf } from './local-files.ts'
import { compareVersions, type Outcome } from './outcome.ts'
import { OutcomeWords } from './outcome-words.tsx'

export function NextVersion(props: {
  /** Closed, it goes on with what was begun, and says in the batch what came of it. */
  isOpen: boolean
  /** A fit that was begun before the page was loaded anew. */
  begun: string | null
  batch: Batch
  label: string
  items: readonly Item[]
  alpha: number
  belongs: readonly number[]
  differs: readonly number[]
  onOpen: () => void
  onClose: () => void
}): JSX.Element {
  const { batch, label, items, alpha, differs } = props
  const [name = label, version = ''] = label.split('@')
  const out = useSignal<ReadonlySet<number>>(new Set())
  const job = useSignal(props.begun)
  const sending = useSending()
  const outcome = useSignal<Outcome | 'asking' | null>(null)
  const made = useSignal<Model | null>(null)
  const hasFailed = useSignal(false)
  const follow = (id: string | null) => {
    job.value = id
    made.value = outcome.value = null
    hasFailed.value = false
    noteQuery({ next: id })
  }
  /** Those that do not belong are taught too: then they cannot check the new version. */
  const teachesBad = useSignal(props.belongs.length === 0)
  const isFolder = batch.keeps?.folder ?? false
  /** How many files that were chosen again were found to be of this batch; null: none was chosen. */
  const adopted = useSignal<number | null>(null)
  const found = adopted.value // read in any case: another choice is another answer
  const modelAlpha = findModel(label)?.alpha ?? usualAlpha
  const good = props.belongs.filter((index) => !out.value.has(index))
  const bad = differs.filter((index) => !out.value.has(index))
  // each image that is taken: one that has no file would be left out unseen
  const missing = isFolder ? 0 : [...good, ...bad].filter((index) => fileOf(batch.id, index) === undefined).length

  const taughtBad = teachesBad.value ? bad : []
  const names = new Map(items.map(({ index, line }) => [index, line.image]))
  const filesOf = (indices: readonly number[]) =>
    indices.flatMap((index) => {
      const file = fileOf(batch.id, index)
      const name = names.get(index)
      return file && name !== undefined ? { name, bytes: file } : []
    })

  const fit = () =>
    sending.run(async (send) => {
      const options = { alpha: modelAlpha, base: label }
      if (isFolder) {
        const images = {
          ...(good.length > 0 && { images: good }),
          ...(taughtBad.length > 0 && { negativeImages: taughtBad }),
        }
        const { id } = await client.fitFolder({ name, ...options, batch: batch.id, ...images })
        return follow(id)
      }
      const negatives = filesOf(taughtBad)
      const { id } = await send((more) => client.fit(name, filesOf(good), { ...options, negatives, ...more }))
      follow(id)
    })
  const check = async ({ model }: FitResult) => {
    made.value = model
    const isTaught = teaches(model, label)
    if (missing > 0 || (good.length === 0 && isTaught)) return // without the images, or by what it was taught, nothing is shown
    outcome.value = 'asking'
    outcome.value = await compareVersions(items, { good, bad: isTaught ? [] : bad }, alpha, model, batch).catch(
      () => null,
    )
  }
  const adopt = ({ images }: Collected) => {
    adopted.value = adoptFiles(batch.id, names, images)
  }
  const toggle = (index: number) => {
    const next = new Set(out.value)
    if (!next.delete(index)) next.add(index)
    out.value = next
  }
  const pictures = { batch, items, out: out.value, onToggle: toggle }

  const words = made.value && (
    <OutcomeWords
      outcome={outcome.value}
      before={Number(version)}
      after={made.value.version}
      isTaught={teaches(made.value, label)}
    />
  )
  return (
    <>
      {job.value !== null && !props.isOpen && (
        <div class="next-note">
          {outcome.value !== null ? (
            words
          ) : (
            <p class="note" role="status">
              {made.value
                ? t.fit.doneTitle(labelOf(made.value))
                : hasFailed.value
                  ? t.batches.notMade
                  : t.batches.making}
            </p>
          )}
          <button type="button" class="button small" onClick={props.onOpen}>
            {t.batches.showNext}
          </button>
        </div>
      )}
      <Dialog title={t.batches.confirmTitle} wide keeps isOpen={props.isOpen} onClose={props.onClose}>
        {job.value !== null ? (
          <div class="stack">
            {words}
            {made.value && <Again batch={batch} items={items} made={made.value} />}
            <FitProgress
              id={job.value}
              onAgain={() => follow(null)}
              onDone={(result) => void check(result)}
              onFail={() => (hasFailed.value = true)}
            />
          </div>
        ) : (
          <div class="stack">
            {props.belongs.length > 0 && (
              <Chosen title={t.batches.becomePositives(good.length)} indices={props.belongs} {...pictures} />
            )}
            {differs.length > 0 && (
              <>
                <Chosen
                  title={teachesBad.value ? t.batches.becomeNegatives(bad.length) : t.batches.becomeChecks(bad.length)}
                  indices={differs}
                  {...pictures}
                />
                <label class="check">
                  <input
                    type="checkbox"
                    checked={teachesBad.value}
                    onChange={(event) => (teachesBad.value = event.currentTarget.checked)}
                  />
                  <span>
                    {t.batches.teachBad} <span class="hint">{t.batches.teachBadHelp}</span>
                  </span>
                </label>
              </>
            )}
            {missing > 0 && (
              <>
                <p class="note">
                  {missing < good.length + bad.length
                    ? t.batches.confirmSome(missing)
                    : found === 0
                      ? t.batches.confirmMissed
                      : t.batches.confirmGone}
                </p>
                <DropZone compact onFiles={adopt} />
              </>
            )}
            {sending.error.value && <ErrorNote error={sending.error.value} />}
            {sending.sent.value !== null && <Progress share={sending.sent.value} label={t.fit.uploading} />}
            <footer class="actions stays">
              <button type="button" class="button" onClick={props.onClose}>
                {t.common.cancel}
              </button>
              <button
                type="button"
                class="button primary"
                disabled={missing > 0 || good.length + taughtBad.length === 0 || sending.sent.value !== null}
                onClick={() => void fit()}
              >
                {t.batches.makeVersion(
                  (versionsOf(name)[0]?.version ?? Number(version)) + 1,
                  good.length,
                  taughtBad.length,
                )}
              </button>
            </footer>
          </div>
        )}
      </Dialog>
    </>
  )
}

/** Was the new version taught images that do not belong, which the old one was not? */
function teaches(made: Model, old: string): boolean {
  return (made.negatives ?? 0) > (findModel(old)?.negatives ?? 0)
}

/** Pictures of what was confirmed; a tick says that it is taken. */
function Chosen(props: {
  title: string
  indices: readonly number[]
  batch: Batch
  items: readonly Item[]
  out: ReadonlySet<number>
  onToggle: (index: number) => void
}): JSX.Element {
  const { batch, items, out } = props
  const names = new Map(items.map(({ index, line }) => [index, line.image]))
  return (
    <section class="stack">
      <h3>{props.title}</h3>
      <ul class="positives confirm-list">
        {props.indices.map((index) => {
          const image = names.get(index) ?? ''
          return (
            <li key={index} class={out.has(index) ? 'out' : ''}>
              <label title={image}>
                <Picture
                  file={fileOf(batch.id, index)}
                  path={batch.keeps?.thumbnails ? client.batchPicture(batch.id, index) : null}
                  alt={baseName(image)}
                />
                <input type="checkbox" checked={!out.has(index)} onChange={() => props.onToggle(index)} />
                <span class="hidden">{t.batches.take}</span>
              </label>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
