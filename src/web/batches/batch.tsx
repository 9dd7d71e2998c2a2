/** One batch: live progress, the grid of what is there, and the review. */
import { useComputed, useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks'
import { findModel } from '../models/store.ts'
import { usePositives } from '../models/strip.tsx'
import { href } from '../routes.ts'
import { client } from '../service/api.ts'
import { isFinished } from '../service/follow.ts'
import { t } from '../text.ts'
import { AlphaSlider } from '../ui/alpha-slider.tsx'
import { ErrorNote } from '../ui/notes.tsx'
import { offered, oneIn, verdictOf } from '../verdict.ts'
import { BatchHead } from './batch-head.tsx'
import { Cell, EmptyCell } from './cell.tsx'
import { Closer, DetailPanel } from './detail-panel.tsx'
import { Histogram } from './histogram.tsx'
import { type Item, openBatch } from './live.ts'
import { fileOf } from './local-files.ts'
import { type Filter, type Sort, shown } from './order.ts'
import { type Mark, openReviews, setTruth, truthOf } from './review.ts'
import { Toolbar } from './toolbar.tsx'
import { VirtualGrid } from './virtual-grid.tsx'

export function BatchPage({ id }: { id: string }): JSX.Element {
  const [live] = useState(() => openBatch(id))
  const [reviews] = useState(() => openReviews(id))
  useEffect(() => () => live.close(), [])

  const job = live.job.value
  const firstLine = live.items.find(({ line }) => 'model' in line)?.line
  const label = job?.model ?? (firstLine && 'model' in firstLine ? firstLine.model : null)
  const model = findModel(label)
  const positives = usePositives(model)
  const batchAlpha = firstLine && 'alpha' in firstLine ? firstLine.alpha : (model?.alpha ?? 0.05)
  const chosen = useSignal<number | null>(null)
  const alpha = offered(chosen.value ?? batchAlpha, model?.calibrationScores)

  const sort = useSignal<Sort>('odd')
  const filter = useSignal<Filter>('all')
  const search = useSignal('')
  const selected = useSignal<number | null>(null)
  const isCloser = useSignal(false)

  // While one looks at an image and results still come, the order stays: nothing is pulled from under the hand.
  const isRunning = job != null && !isFinished(job)
  const [frozenAt, setFrozenAt] = useState<number | null>(null)
  const total = live.items.length
  void live.revision.value
  useEffect(() => {
    if (!isRunning) setFrozenAt(null)
    else if (selected.value !== null) setFrozenAt((old) => old ?? live.items.length)
    else setFrozenAt(null)
  }, [isRunning, selected.value])
  const upTo = frozenAt ?? total

  const view = { sort: sort.value, filter: filter.value, search: search.value, alpha }
  // The order follows reviews only where the filter asks about them.
  const reviewsForOrder = ['unreviewed', 'right', 'wrong', 'unsure'].includes(filter.value) ? reviews.value : null
  const order = useMemo(
    () => shown(live.items.slice(0, upTo), reviews.value, view),
    [upTo, sort.value, filter.value, search.value, alpha, reviewsForOrder],
  )
  const position = order.findIndex(({ index }) => index === selected.value)
  const current = order[position]
  const places =
    isRunning && filter.value === 'all' && search.value === ''
      ? Math.max(order.length, job.progress.total)
      : order.length

  const pick = useCallback((item: Item) => {
    selected.value = item.index
  }, [])
  const open = useCallback((item: Item) => {
    selected.value = item.index
    isCloser.value = true
  }, [])
  const moveTo = (to: number) => {
    selected.value = order[Math.min(to, order.length - 1)]?.index ?? null
  }
  const review = (mark: Mark | null) => {
    if (current === undefined) return
    const truth = mark === null ? null : truthOf(verdictOf(current.line, alpha), mark)
    if (mark !== null && truth === null) return
    const next = mark === null ? current : (order[position + 1] ?? current)
    setTruth(id, reviews, current.index, truth)
    selected.value = next.index
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return
    const actions: Record<string, () => void> = {
      r: () => review('right'),
      w: () => review('wrong'),
      u: () => review('unsure'),
      Backspace: () => review(null),
      Enter: () => (isCloser.value = current !== undefined),
      ' ': () => (isCloser.value = current !== undefined),
      Escape: () => (selected.value = null),
    }
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key]
    if (action === undefined) return
    event.preventDefault()
    action()
  }
  const pathOf = (index: number) => (job?.keeps?.thumbnails ? client.batchPicture(id, index) : null)
  const error = useComputed(() => live.error.value)

  if (error.value) {
    return (
      <div class="view">
        <h1>{t.batches.title}</h1>
        <ErrorNote error={error.value} />
        <p>
          {t.batches.gone} <a href={href('batches')}>{t.batches.title}</a>
        </p>
      </div>
    )
  }
  return (
    <div class="view batch">
      <BatchHead live={live} label={label} reviews={reviews.value} alpha={alpha} />
      <div class="batch-columns">
        <div class="batch-main">
          <Toolbar
            items={live.items.slice(0, upTo)}
            reviews={reviews.value}
            alpha={alpha}
            sort={sort}
            filter={filter}
            search={search}
            total={job?.progress.total ?? 0}
            late={total - upTo}
            onSortIn={() => setFrozenAt(total)}
          />
          {order.length === 0 && places === 0 && (
            <p class="muted nothing">{isRunning ? t.common.loading : t.batches.empty}</p>
          )}
          <VirtualGrid
            count={places}
            label={t.batches.grid}
            selected={position}
            onMove={moveTo}
            onKey={onKey}
            renderCell={(at, isFocusable, isRushing) => {
              const item = order[at]
              if (item === undefined) return <EmptyCell key={at} />
              const file = fileOf(id, item.index)
              return (
                <Cell
                  key={at}
                  item={item}
                  alpha={alpha}
                  truth={reviews.value.get(item.index)}
                  file={file}
                  path={pathOf(item.index)}
                  isSelected={item.index === selected.value}
                  isFocusable={isFocusable}
                  isRushing={isRushing}
                  onPick={pick}
                  onOpen={open}
                />
              )
            }}
          />
        </div>
        <aside class="batch-side">
          <div class="card">
            <Histogram items={live.items} positives={positives?.images ?? []} alpha={alpha} batchAlpha={batchAlpha} />
          </div>
          <div class="card">
            <AlphaSlider
              alpha={alpha}
              onChange={(next) => (chosen.value = next)}
              {...(model ? { n: model.calibrationScores } : {})}
            />
            <button
              type="button"
              class="button small"
              disabled={chosen.value === null}
              onClick={() => (chosen.value = null)}
            >
              {t.alpha.reset(oneIn(offered(batchAlpha, model?.calibrationScores)))}
            </button>
          </div>
          <DetailPanel
            item={current}
            model={model}
            alpha={alpha}
            truth={current && reviews.value.get(current.index)}
            onReview={review}
            onOpen={() => (isCloser.value = true)}
            onClose={() => (selected.value = null)}
          />
        </aside>
      </div>
      {isCloser.value && current && (
        <Closer
          item={current}
          file={fileOf(id, current.index)}
          path={pathOf(current.index)}
          model={model}
          alpha={alpha}
          truth={reviews.value.get(current.index)}
          onReview={review}
          onMove={(step) => moveTo(Math.max(0, position + step))}
          onClose={() => (isCloser.value = false)}
        />
      )}
    </div>
  )
}
