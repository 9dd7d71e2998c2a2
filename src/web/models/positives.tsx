/** The photos of a version: misfits first where asked, near-duplicates pointed out, and any of them left out of the next version. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { baseName, count } from '../format.ts'
import { client } from '../service/api.ts'
import { type Job, labelOf, type Model, type Positive } from '../service/types.ts'
import { t } from '../text.ts'
import { MiddleCut } from '../ui/middle-cut.tsx'
import { ErrorNote, type Failure, failureOf } from '../ui/notes.tsx'
import { Picture } from '../ui/picture.tsx'
import { FitProgress } from './fit-progress.tsx'
import { RejectedFiles } from './rejected.tsx'
import { reasonOf } from './report.tsx'
import { usePositives } from './strip.tsx'

type Show = 'all' | 'misfits' | 'duplicates'

export function PositivesGallery({ model }: { model: Model }): JSX.Element | null {
  const positives = usePositives(model)
  const show = useSignal<Show>('all')
  const out = useSignal<ReadonlySet<number>>(new Set())
  const job = useSignal<Job | null>(null)
  const error = useSignal<Failure | null>(null)
  if (positives === undefined) return null
  const images = positives?.images ?? []
  if (images.length === 0) return <p class="muted">{t.models.positivesNone}</p>

  const misfits = new Map((model.facts?.misfits ?? []).map((misfit) => [misfit.row, misfit]))
  const lists: Record<Show, Positive[]> = {
    all: [...images],
    misfits: [...misfits.keys()].flatMap((row) => images[row] ?? []),
    duplicates: images.filter((image) => isDuplicate(image, images)).sort((a, b) => groupOf(a) - groupOf(b)),
  }
  const areCopies = (model.facts?.effectiveN ?? 0) < model.n
  const toggle = (index: number) => {
    const next = new Set(out.value)
    if (!next.delete(index)) next.add(index)
    out.value = next
  }
  const fitWithout = async () => {
    error.value = null
    try {
      const body = { name: model.name, alpha: model.alpha, base: labelOf(model), exclude: [...out.value] }
      job.value = await client.fitFolder(body)
    } catch (thrown) {
      error.value = failureOf(thrown)
    }
  }
  if (job.value) return <FitProgress id={job.value.id} onAgain={() => (job.value = null)} />

  return (
    <section class="stack">
      <div class="row apart">
        <h2>{t.models.positives}</h2>
        <fieldset class="segments">
          <legend class="hidden">{t.batches.filter}</legend>
          {(['all', 'misfits', 'duplicates'] as const).map((name) => (
            <label key={name}>
              <input type="radio" name="positives" checked={show.value === name} onChange={() => (show.value = name)} />
              {t.models[name]} <span class="numbers">{count(lists[name].length)}</span>
            </label>
          ))}
        </fieldset>
      </div>
      {show.value !== 'all' && (
        <p class="hint">
          {show.value === 'misfits' ? t.models.misfitsHelp : areCopies ? t.models.duplicatesHelp : t.models.alikeHelp}
        </p>
      )}
      {out.value.size > 0 && (
        <div class="note">
          <button type="button" class="button primary small" onClick={() => void fitWithout()}>
            {t.models.leaveOut(out.value.size)}
          </button>
        </div>
      )}
      {error.value && <ErrorNote error={error.value} />}
      <ul class="positives">
        {lists[show.value].map((image) => {
          const misfit = misfits.get(image.index)
          return (
            <li key={image.index} class={out.value.has(image.index) ? 'out' : ''}>
              <label title={image.image}>
                <Picture path={image.thumbnail} alt={baseName(image.image)} />
                <input type="checkbox" checked={out.value.has(image.index)} onChange={() => toggle(image.index)} />
                <span class="hidden">{t.models.select}</span>
              </label>
              <span
                class={misfit ? 'positive-words odd' : 'positive-words'}
                title={misfit ? reasonOf(misfit) : image.image}
              >
                <MiddleCut text={baseName(image.image)} />
              </span>
            </li>
          )
        })}
      </ul>
      <RejectedFiles rejected={positives?.rejected ?? []} />
    </section>
  )
}

function isDuplicate(image: Positive, images: readonly Positive[]): boolean {
  return image.sameAs !== null || images.some(({ sameAs }) => sameAs === image.index)
}

function groupOf(image: Positive): number {
  return image.sameAs ?? image.index
}
