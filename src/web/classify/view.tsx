/** Does this image belong? Drop, paste, pick or shoot; the verdict at once, and all verdicts anew when alpha moves. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useCallback, useEffect } from 'preact/hooks'
import type { Collected } from '../files/collect.ts'
import { findModel, loadModels, models, newest } from '../models/store.ts'
import { go, href, route } from '../routes.ts'
import { client } from '../service/api.ts'
import { labelOf, type Model } from '../service/types.ts'
import { t } from '../text.ts'
import { AlphaRaised, AlphaSlider } from '../ui/alpha-slider.tsx'
import { DropZone } from '../ui/drop-zone.tsx'
import { Icon } from '../ui/icons.tsx'
import { ModelSelect } from '../ui/model-select.tsx'
import { complain, say } from '../ui/notes.tsx'
import { offered, oneIn } from '../verdict.ts'
import { alphaOf, ask, askAgain, asked, chosenAlpha, clear, mostAtOnce } from './asked.ts'
import { Camera } from './camera.tsx'
import { Live } from './live.tsx'
import { Samples } from './samples.tsx'
import { Stage } from './stage.tsx'
import { Tray } from './tray.tsx'

export function ClassifyView(): JSX.Element {
  // back from another view: the model that the images here were asked of
  const wanted = route.value.argument ?? asked.value[0]?.model ?? null
  const model = findModel(route.value.argument) ?? findModel(asked.value[0]?.model ?? null) ?? newest.value[0]
  const label = model ? labelOf(model) : null

  useEffect(() => {
    if (label !== null && asked.value.some((one) => one.model !== label)) {
      chosenAlpha.value = null
      askAgain(label)
    }
  }, [label])

  if (models.value === null) return <div class="view">{<h1>{t.classify.title}</h1>}</div>
  if (model === undefined || label === null) return <NoModel title={t.classify.title} />
  return (
    <div class="view classify">
      <div class="view-head">
        <div>
          <h1>{t.classify.title}</h1>
          <p>{t.classify.lead}</p>
        </div>
        <ModelSelect value={label} onChange={(next) => go('classify', next)} />
      </div>
      {wanted !== null && findModel(wanted) === undefined && (
        <p class="note warn" role="status">
          {t.classify.gone(wanted, label)}
        </p>
      )}
      <Asking model={model} label={label} />
    </div>
  )
}

function Asking({ model, label }: { model: Model; label: string }): JSX.Element {
  const camera = useSignal(false)
  const alpha = alphaOf(label)
  const isMoved = Math.abs(alpha - model.alpha) > 1e-9
  const isEmpty = asked.value.length === 0
  const isLive = route.value.query.has('live')

  const add = useCallback(
    ({ images }: Collected) => {
      if (images.length === 0) say(t.drop.nothing)
      if (images.length > mostAtOnce) say(t.classify.tooMany(mostAtOnce))
      ask(images.slice(0, mostAtOnce), label)
    },
    [label],
  )
  const keep = async () => {
    try {
      await client.update(label, { alpha })
      await loadModels()
      chosenAlpha.value = null
      say(t.alpha.kept)
    } catch (error) {
      complain(error)
    }
  }

  return (
    <>
      <div class="classify-top">
        <DropZone onFiles={add} folders={false} paste all compact={!isEmpty || isLive}>
          <button type="button" class="button" onClick={() => (camera.value = true)}>
            <Icon name="camera" size={18} />
            {t.classify.camera}
          </button>
          <a class="button" href={href('classify', label, { live: '1' })}>
            {t.live.start}
          </a>
        </DropZone>
        <div class="card alpha-card">
          <AlphaSlider
            alpha={alpha}
            n={model.calibrationScores}
            calibration={model.calibration}
            onChange={(next) => (chosenAlpha.value = next)}
          />
          <AlphaRaised model={model} shown={alpha} />
          <div class="row alpha-buttons">
            <button
              type="button"
              class="button small"
              disabled={chosenAlpha.value === null}
              onClick={() => (chosenAlpha.value = null)}
            >
              {t.alpha.reset(oneIn(offered(model.alpha, model.calibrationScores)))}
            </button>
            <button type="button" class="button small" disabled={!isMoved} onClick={() => void keep()}>
              {t.alpha.keep}
            </button>
          </div>
        </div>
      </div>
      {isLive ? (
        <Live model={model} label={label} alpha={alpha} />
      ) : isEmpty ? (
        <p class="hint">{t.classify.help}</p>
      ) : (
        <>
          <Stage model={model} alpha={alpha} />
          <Tray alpha={alpha} onClear={clear} />
        </>
      )}
      {model.name === 'demo' && <Samples model={label} />}
      {camera.value && (
        <Camera onShot={(shot) => add({ images: [shot], skipped: 0 })} onClose={() => (camera.value = false)} />
      )}
    </>
  )
}

export function NoModel({ title }: { title: string }): JSX.Element {
  return (
    <div class="view">
      <h1>{title}</h1>
      <div class="card stack">
        <p>{t.common.noModels}</p>
        <div class="row">
          <a class="button primary" href={href('models')}>
            {t.common.makeOne}
          </a>
        </div>
      </div>
    </div>
  )
}
