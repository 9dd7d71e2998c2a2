/** The plane with its dots: drag, scroll, pinch or keys move it; the dot one points at shows its image. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { count } from '../format.ts'
import { route } from '../routes.ts'
import type { MapPoint } from '../service/types.ts'
import { t } from '../text.ts'
import { themeChanges } from '../theme.ts'
import { Icon } from '../ui/icons.tsx'
import {
  type Camera,
  fitAll,
  isInside,
  isWithin,
  nearestTo,
  nextInDirection,
  type Place,
  toPixel,
  zoomAt,
} from './camera.ts'
import { type Dot, draw, type Kind } from './draw.ts'
import { gestures } from './gestures.ts'
import { Lasso } from './lasso.tsx'
import { ReviewSeen } from './review-seen.tsx'
import { KindMark, kindOf, Tip } from './tip.tsx'

type Projection = 'umap' | 'pca'
const kinds = ['positive', 'belongs', 'differs', 'error'] as const

export function Scatter(props: { points: readonly MapPoint[]; label: string; batch: string }): JSX.Element {
  const { points, label, batch } = props
  const hasUmap = points.some(({ umap }) => umap !== null)
  const projection = useSignal<Projection>(hasUmap ? 'umap' : 'pca')
  const hidden = useSignal<ReadonlySet<Kind>>(new Set())
  const camera = useSignal<Camera | null>(null)
  const asked = route.value.query.get('at')
  const focus = useSignal(points.findIndex(({ kind, index }) => kind === 'batch' && String(index) === asked))
  const canvas = useRef<HTMLCanvasElement>(null)
  const hasLasso = useSignal(false)
  const ring = useSignal<readonly Place[] | null>(null)

  const dots = useMemo<Dot[]>(
    () => points.map((point) => ({ kind: kindOf(point), place: placeOf(point, projection.value) })),
    [points, projection.value],
  )
  const places = useMemo(() => dots.map(({ place }) => place), [dots])
  const sizeOf = (element: HTMLCanvasElement) => ({ width: element.clientWidth, height: element.clientHeight })
  const showAll = () => {
    // gone when the view was left a moment ago
    if (canvas.current) camera.value = fitAll(places, sizeOf(canvas.current))
  }

  useEffect(() => {
    const element = canvas.current
    if (element === null) return
    const observer = new ResizeObserver(() => {
      const ratio = devicePixelRatio || 1
      element.width = element.clientWidth * ratio
      element.height = element.clientHeight * ratio
      showAll()
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [places])
  useEffect(() => {
    if (camera.value && canvas.current) draw(canvas.current, dots, camera.value, hidden.value, focus.value)
  }, [dots, camera.value, hidden.value, focus.value, themeChanges.value])
  useEffect(() => {
    if (canvas.current === null) return
    return gestures(canvas.current, {
      move: (change) => {
        if (camera.value) camera.value = change(camera.value)
      },
      point: (x, y) => {
        if (!camera.value) return
        const seen = dots.map(({ kind, place }) => (hidden.value.has(kind) ? ([Infinity, Infinity] as const) : place))
        focus.value = nearestTo(camera.value, seen, x, y, 18)
      },
    })
  }, [places])

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey || camera.value === null || canvas.current === null) return
    const { width, height } = sizeOf(canvas.current)
    const ways: Record<string, readonly [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, 1],
      ArrowDown: [0, -1],
    }
    const way = ways[event.key]
    if (way) {
      const next = nextInDirection(places, focus.value, ...way)
      const place = places[next]
      if (place) {
        focus.value = next
        const [x, y] = toPixel(camera.value, place)
        if (x < 20 || y < 20 || x > width - 20 || y > height - 20)
          camera.value = { ...camera.value, x: camera.value.x + width / 2 - x, y: camera.value.y + height / 2 - y }
      }
    } else if (event.key === '+' || event.key === '=') zoom(1.4)
    else if (event.key === '-') zoom(1 / 1.4)
    else if (event.key === '0') showAll()
    else if (event.key === 'Escape') {
      focus.value = -1
      ring.value = null
    } else return
    event.preventDefault()
  }
  const zoom = (factor: number) => {
    if (camera.value === null || canvas.current === null) return
    const { width, height } = sizeOf(canvas.current)
    const place = places[focus.value]
    const [x, y] = place ? toPixel(camera.value, place) : [width / 2, height / 2]
    camera.value = zoomAt(camera.value, factor, x, y)
  }
  const toggle = (kind: Kind) => {
    const next = new Set(hidden.value)
    if (!next.delete(kind)) next.add(kind)
    hidden.value = next
  }
  const counts = (kind: Kind) => dots.filter((dot) => dot.kind === kind).length
  const point = points[focus.value]
  const pointed = places[focus.value]
  const [view, plane] = [camera.value, canvas.current]

  return (
    <div class="card map">
      <div class="row apart">
        <fieldset class="segments">
          <legend class="hidden">{t.map.projection}</legend>
          {(['umap', 'pca'] as const).map((name) => (
            <label key={name} title={name === 'umap' ? t.map.umapHelp : t.map.pcaHelp}>
              <input
                type="radio"
                name="projection"
                disabled={name === 'umap' && !hasUmap}
                checked={projection.value === name}
                onChange={() => {
                  projection.value = name
                  ring.value = null // other places
                }}
              />
              {t.map[name]}
            </label>
          ))}
        </fieldset>
        <div class="row legend">
          {kinds
            .filter((kind) => counts(kind) > 0)
            .map((kind) => (
              <button
                key={kind}
                type="button"
                class="button small quiet"
                aria-pressed={!hidden.value.has(kind)}
                onClick={() => toggle(kind)}
              >
                <KindMark kind={kind} />
                {t.map.kinds[kind]} <span class="numbers muted">{count(counts(kind))}</span>
              </button>
            ))}
        </div>
        <div class="row tight">
          {batch !== '' && (
            <button
              type="button"
              class="button small"
              aria-pressed={hasLasso.value}
              title={t.map.lassoHelp}
              onClick={() => {
                hasLasso.value = !hasLasso.value
                ring.value = null
              }}
            >
              {t.map.lasso}
            </button>
          )}
          <button type="button" class="button square small" aria-label={t.map.zoomIn} onClick={() => zoom(1.5)}>
            <Icon name="plus" size={16} />
          </button>
          <button type="button" class="button square small" aria-label={t.map.zoomOut} onClick={() => zoom(1 / 1.5)}>
            <Icon name="minus" size={16} />
          </button>
          <button type="button" class="button small" onClick={showAll}>
            {t.map.fit}
          </button>
        </div>
      </div>
      <div class="map-plane">
        <div
          class="map-focus"
          role="application"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a widget with keys of its own, described by its label
          tabIndex={0}
          aria-label={t.map.label(points.length)}
          onKeyDown={onKeyDown}
        >
          <canvas ref={canvas} />
        </div>
        {batch !== '' && view && <Lasso ring={ring} camera={view} isOn={hasLasso.value} />}
        {point && pointed && view && plane && (
          <Tip
            point={point}
            at={toPixel(view, pointed)}
            width={plane.clientWidth}
            height={plane.clientHeight}
            label={label}
            batch={batch}
          />
        )}
      </div>
      {batch !== '' && view && plane && (
        <ReviewSeen
          batch={batch}
          points={points.filter((one) => !hidden.value.has(kindOf(one)))}
          isPicked={ring.value !== null}
          isSeen={(point) => {
            const place = placeOf(point, projection.value)
            return ring.value ? isWithin(ring.value, place) : isInside(view, place, sizeOf(plane))
          }}
        />
      )}
      <p class="hint">
        {projection.value === 'umap' ? t.map.umapHelp : t.map.pcaHelp} {t.map.hint}
      </p>
      <p class="hidden" role="status">
        {point ? t.map.point(point.image, t.map.kinds[kindOf(point)]) : ''}
      </p>
    </div>
  )
}

function placeOf(point: MapPoint, projection: Projection): readonly [number, number] {
  return (projection === 'umap' && point.umap) || point.pca
}
