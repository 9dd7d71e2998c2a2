/** The camera as a stream: a verdict on every frame that there is time for, kept photos, and a large view for a line. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { chosenFor } from '../files/chosen.ts'
import type { Picked } from '../files/collect.ts'
import { handOver } from '../files/handed.ts'
import { count, decimal, pValue } from '../format.ts'
import { loadModels } from '../models/store.ts'
import { go, route } from '../routes.ts'
import { takesRequests } from '../service/health.ts'
import type { Model } from '../service/types.ts'
import { t } from '../text.ts'
import { Icon } from '../ui/icons.tsx'
import { useWindowEvent } from '../ui/listen.ts'
import { ErrorWords, type Failure, failureOf } from '../ui/notes.tsx'
import { Picture } from '../ui/picture.tsx'
import { VerdictMark } from '../ui/verdict-mark.tsx'
import { verdictOf } from '../verdict.ts'
import { picturesOf, useCamera } from './camera-stream.ts'
import { type Frame, watchFrames } from './frames.ts'
import { waitingWords } from './stage.tsx'
import { createTally, type Tally } from './tally.ts'

const lastRejects = 6
const mostKept = 500
const staleMs = 3000

export function Live({ model, label, alpha }: { model: Model; label: string; alpha: number }): JSX.Element {
  const { video, state } = useCamera()
  const frame = useSignal<Frame | null>(null)
  const failure = useSignal<Failure | null>(null)
  const rate = useSignal(0)
  const tally = useSignal<Tally>({ belongs: 0, differs: 0, now: null })
  const rejects = useSignal<readonly Blob[]>([])
  const [kept] = useState(() => chosenFor('camera'))
  const isHeld = useRef(false)
  /** In the address: a screen that is loaded anew shows the same. */
  const isKiosk = route.value.query.has('large')
  const setKiosk = (on: boolean) => {
    const { argument, query } = route.peek()
    const rest = Object.fromEntries([...query].filter(([name]) => name !== 'large'))
    go('classify', argument ?? label, on ? { ...rest, large: '1' } : rest)
  }
  /** No answer for a while: the last one says nothing of what is seen now. */
  const isStale = useSignal(false)
  /** The camera gives no new picture. */
  const isStill = useSignal(false)
  const [tallied] = useState(createTally)
  const alphaNow = useRef(alpha)
  alphaNow.current = alpha

  useEffect(() => {
    const shown = video.current
    if (state !== 'on' || shown === null) return
    let [seenAt, pictures, picturedAt] = [performance.now(), 0, performance.now()]
    const timer = setInterval(() => {
      const now = performance.now()
      if (picturesOf(shown) !== pictures) [pictures, picturedAt] = [picturesOf(shown), now]
      isStill.value = now - picturedAt > staleMs
      isStale.value = now - seenAt > staleMs
    }, 500)
    const frames = watchFrames(
      shown,
      label,
      (seen) => {
        frame.value = seen
        seenAt = performance.now()
        isStale.value = false
        failure.value = null
        rate.value = frames.rate()
        const before = tally.value
        tally.value = tallied(verdictOf(seen.result, alphaNow.current))
        if (tally.value.differs > before.differs) rejects.value = [seen.image, ...rejects.value].slice(0, lastRejects)
        if (isHeld.current && kept.value.length < mostKept) kept.value = [...kept.value, asPhoto(seen.image)]
      },
      (error) => {
        failure.value = failureOf(error)
        if (failure.value.code === 'MODEL_NOT_FOUND') void loadModels() // somebody removed it
      },
    )
    return () => {
      clearInterval(timer)
      frames.stop()
    }
  }, [state, label])
  useWindowEvent('keydown', (event) => {
    if (event.key === 'Escape' && isKiosk) setKiosk(false)
  })

  const hold = (on: boolean) => () => {
    isHeld.current = on
  }
  const hasPicture = state !== 'lost' && !isStill.value
  const isNow = frame.value !== null && failure.value === null && !isStale.value && hasPicture && takesRequests.value
  const verdict = isNow && frame.value ? verdictOf(frame.value.result, alpha) : null
  return (
    <section class={isKiosk ? 'live kiosk' : 'live'} aria-label={t.live.title}>
      <div class="live-picture">
        {state === 'refused' ? (
          <p class="note error" role="alert">
            {t.classify.cameraRefused}
          </p>
        ) : (
          <video ref={video} playsInline muted aria-label={t.classify.cameraTitle} />
        )}
      </div>
      <div class={`verdict live-verdict ${verdict ?? 'waiting'}`}>
        {/* said only when it has lasted: a screen reader is not flooded */}
        <p class="hidden" role="status">
          {isNow && tally.value.now ? t.verdict[tally.value.now] : ''}
        </p>
        <p class="verdict-line" aria-hidden="true">
          {verdict ? <VerdictMark verdict={verdict} size={isKiosk ? 96 : 44} /> : <span class="spinner" />}
          {verdict ? t.verdict[verdict] : failure.value || !hasPicture ? t.live.stale : waitingWords()}
        </p>
        {!hasPicture && (
          <p class="soft" role="alert">
            {t.live.noPicture}
          </p>
        )}
        {/* of a lost connection the banner tells */}
        {failure.value && failure.value.code !== 'NETWORK' && (
          <p class="soft">
            <ErrorWords error={failure.value} />
          </p>
        )}
        <p class="numbers soft live-pace" data-rate={rate.value.toFixed(1)} data-delay={frame.value?.delay.toFixed(0)}>
          {isNow &&
            frame.value &&
            t.live.pace(decimal(rate.value, 1), Math.round(frame.value.delay), pValue(frame.value.result.pValue))}
        </p>
      </div>
      <dl class="live-counts">
        {(['belongs', 'differs'] as const).map((name) => (
          <div key={name} class={name}>
            <dt>{t.verdict[name]}</dt>
            <dd class="numbers">{count(tally.value[name])}</dd>
          </div>
        ))}
      </dl>
      <div class="live-rejects">
        <h2 class="minor">{t.live.rejects}</h2>
        <ul class="nearest">
          {rejects.value.map((image, i) => (
            <li key={i}>
              <Picture file={image} alt={t.live.reject(i + 1)} />
            </li>
          ))}
        </ul>
      </div>
      <div class="row live-actions">
        <button
          type="button"
          class="button"
          disabled={frame.value === null}
          onPointerDown={hold(true)}
          onPointerUp={hold(false)}
          onPointerLeave={hold(false)}
          onKeyDown={(event) => (event.key === ' ' || event.key === 'Enter') && hold(true)()}
          onKeyUp={hold(false)}
          onBlur={hold(false)}
        >
          <Icon name="camera" size={18} />
          {t.live.hold}
        </button>
        <span class="muted numbers" role="status">
          {kept.value.length > 0 ? t.live.kept(kept.value.length) : ''}
        </span>
        {kept.value.length > 0 && (
          <button
            type="button"
            class="button"
            onClick={() => {
              handOver(kept.value)
              kept.value = []
              go('models', null, { new: '1' })
            }}
          >
            {t.live.teach}
          </button>
        )}
        {kept.value.length > 0 && (
          <button type="button" class="button quiet" onClick={() => (kept.value = [])}>
            {t.fit.clear}
          </button>
        )}
        <button type="button" class="button" onClick={() => setKiosk(!isKiosk)}>
          <Icon name="expand" size={18} />
          {isKiosk ? t.live.small : t.live.large}
        </button>
        <a class="button" href={`#/classify/${encodeURIComponent(label)}`}>
          {t.live.stop}
        </a>
      </div>
      <p class="hint live-help">{t.live.help(model.n)}</p>
    </section>
  )
}

let nextPhoto = 1

function asPhoto(image: Blob): Picked {
  const name = `camera-${String(nextPhoto++).padStart(4, '0')}.jpg`
  return { name, file: new File([image], name, { type: 'image/jpeg' }) }
}
