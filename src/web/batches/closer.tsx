/** One image of a batch, as large as it is to be had, with where it is unusual, the nearest photos and the reviewer's answers. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { HeatLegend, HeatPicture } from '../classify/heat.tsx'
import { Nearest } from '../classify/nearest.tsx'
import { useThumbnail } from '../files/thumbnails.ts'
import { baseName } from '../format.ts'
import { href } from '../routes.ts'
import { client } from '../service/api.ts'
import { key } from '../service/connection.ts'
import { usePicture } from '../service/pictures.ts'
import { type Batch, type ClassifyResult, labelOf } from '../service/types.ts'
import { t } from '../text.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icons.tsx'
import { useWindowEvent } from '../ui/listen.ts'
import { ErrorNote, type Failure, failureOf } from '../ui/notes.tsx'
import { type DetailProps, Reviewer, Words } from './detail-panel.tsx'
import { reviewKey } from './keys.ts'
import { wholeImage } from './local-files.ts'

export function Closer(
  props: DetailProps & {
    batch: Batch | null
    file: File | undefined
    /** Of the small picture. */
    path: string | null
    onUndo: () => void
    onMove: (step: number) => void
    onClose: () => void
  },
): JSX.Element {
  const { item, model, batch } = props
  // of the whole window: a button that is gone after its click takes the focus with it
  useWindowEvent('keydown', (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return
    const answer = reviewKey(event)
    if (event.key === 'ArrowRight') props.onMove(1)
    else if (event.key === 'ArrowLeft') props.onMove(-1)
    else if (answer === 'undo') props.onUndo()
    else if (answer !== undefined) props.onReview(answer)
    else return
    event.preventDefault()
  })
  return (
    <Dialog title={baseName(item.line.image)} wide onClose={props.onClose}>
      <div class="closer" tabIndex={-1} autofocus>
        <Whole key={item.index} {...props} />
        <div class="stack">
          <Words {...props} />
          {model && 'nearest' in item.line && <Nearest result={item.line} model={model} />}
          {key.value === null && <Reviewer />}
          <div class="row">
            <button type="button" class="button small" onClick={() => props.onMove(-1)}>
              <Icon name="left" size={16} />
              {t.batches.previous}
            </button>
            <button type="button" class="button small" onClick={() => props.onMove(1)}>
              {t.batches.next}
              <Icon name="right" size={16} />
            </button>
            {model && batch?.keeps?.map && (
              <a class="button small" href={href('map', labelOf(model), { batch: batch.id, at: String(item.index) })}>
                {t.classify.onMap}
              </a>
            )}
          </div>
        </div>
      </div>
    </Dialog>
  )
}

/** The file of this page, else the file of the service's folder, else the small picture. */
function Whole({ item, model, batch, file, path }: Parameters<typeof Closer>[0]): JSX.Element {
  const [url, setUrl] = useState<string | null>(null)
  const heat = useSignal<ClassifyResult | null>(null)
  const isAsking = useSignal(false)
  const isHidden = useSignal(false)
  const error = useSignal<Failure | null>(null)
  const full = usePicture(file === undefined && batch?.keeps?.folder ? client.batchImage(batch.id, item.index) : null)
  const isShown = useThumbnail(file) !== null
  const small = usePicture(file === undefined || !isShown ? path : null)
  useEffect(() => {
    if (file === undefined) return setUrl(null)
    const made = URL.createObjectURL(file)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [file])

  const canExplain = model && batch && 'pValue' in item.line && (file !== undefined || batch.keeps?.folder)
  const explain = async () => {
    if (!model || !batch) return
    isAsking.value = true
    error.value = null
    try {
      const image = await wholeImage(batch, item.index, item.line.image)
      if (image === undefined) throw new Error(t.batches.wholeGone)
      heat.value = await client.classify(labelOf(model), image, { explain: true, drift: false, waitSeconds: 120 })
    } catch (thrown) {
      error.value = failureOf(thrown)
    }
    isAsking.value = false
  }
  const map = heat.value?.heatmap
  const regions = heat.value?.regions ?? []
  return (
    <div>
      <div class="closer-picture">
        <HeatPicture
          url={url ?? full}
          fallback={small}
          alt={item.line.image}
          map={isHidden.value ? null : map}
          regions={regions}
        />
      </div>
      <div class="heat-box closer-more">
        {map && !isHidden.value ? <HeatLegend map={map} regions={regions} /> : <span />}
        {model && (model.detail === undefined || (heat.value !== null && !map)) ? (
          <p class="hint">{t.classify.whereNone}</p>
        ) : batch && !canExplain ? (
          'pValue' in item.line && <p class="hint">{t.batches.wholeGone}</p>
        ) : (
          <button
            type="button"
            class="button small"
            disabled={!canExplain || isAsking.value}
            onClick={() => {
              if (!map) return void explain()
              isHidden.value = !isHidden.value
            }}
          >
            {isAsking.value ? <span class="spinner" aria-hidden="true" /> : <Icon name="expand" size={16} />}
            {map && !isHidden.value ? t.classify.whereHide : t.classify.whereShow}
          </button>
        )}
        {error.value && <ErrorNote error={error.value} />}
      </div>
    </div>
  )
}
