/** One batch: live progress, the grid of what is there, and the review. */
import { useComputed, useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks'
import { findModel } from '../models/store.ts'
import { usePositives } from '../models/strip.tsx'
import { href, route } from '../routes.ts'
import { client } from '../service/api.ts'
import { isFinished } from '../service/follow.ts'
import { t } from '../text.ts'
import { AlphaSlider } from '../ui/alpha-slider.tsx'
import { ErrorNote } from '../ui/notes.tsx'
import { offered, oneIn } from '../verdict.ts'
import { BatchHead } from './batch-head.tsx'
import { Cell, EmptyCell } from './cell.tsx'
import { Closer } from './closer.tsx'
import { DetailPanel } from './detail-panel.tsx'
import { Histogram } from './histogram.tsx'
import { reviewKey, useReviewKeys } from './keys.ts'
import { type Item, openBatch } from './live.ts'
import { fileOf } from './local-files.ts'
import { shown } from './order.ts'
import { picked } from './picked.ts'
import { openReviews, type Truth } from './review.ts'
import { BatchSummary } from './summary.tsx'
import { Toolbar } from './toolbar.tsx'
import { useViewState } from './view-state.ts'
import { VirtualGrid } from './virtual-grid.tsx'

export function BatchPage({ id }: { id: string }): JSX.Element {
  const [live] = useState(() => openBatch(id))
  const [reviews] = useState(() => openReviews(id))
  useEffect(
    () => () => {
      live.close()
      reviews.close()
    },
    [],
  )

  const job = live.job.value
  const firstLine = live.items.find(({ line }) => 'model' in line)?.line
  const label = job?.model ?? (firstLine && 'model' in firstLine ? firstLine.model : null)
  const model = findModel(label)
  const positives = usePositives(model)
  const batchAlpha = firstLine && 'alpha' in firstLine ? firstLine.alpha : (model?.alpha ?? 0.05)
  const state = useViewState()
  const alpha = offered(state.alpha.value ?? batchAlpha, model?.calibrationScores)
  const selected = useSignal<number | null>(null)
  const isCloser = useSignal(false)
  const showsCharts = useSignal(false)
  const ofMap = picked.value?.batch === id ? picked.value.indices : null

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

  const view = {
    sort: state.sort.value,
    filter: state.filter.value,
    review: state.review.value,
    search: state.search.value,
    label: state.label.value,
    alpha,
    picked: ofMap,
  }
  const truths = reviews.truths.value
  // the order follows reviews only where the filter asks about them
  const truthsForOrder = view.review === 'any' ? null : truths
  const order = useMemo(
    () => shown(live.items.slice(0, upTo), truths, view),
    [upTo, view.sort, view.filter, view.review, view.search, view.label, alpha, ofMap, truthsForOrder],
  )
  const position = order.findIndex(({ index }) => index === selected.value)
  const current = order[position]
  const showsAll =
    view.filter === 'all' && view.review === 'any' && view.search === '' && view.label === '' && ofMap === null
  const places = isRunning && showsAll ? Math.max(order.length, job.progress.total) : order.length

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
  const review = (truth: Truth | null) => {
    if (current === undefined || 'error' in current.line) return
    const next = truth === null ? current : (order[position + 1] ?? current)
    reviews.set(current.index, truth)
    selected.value = next.index
  }
  const undo = () => {
    const index = reviews.undo()
    if (index !== undefined) selected.value = index
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return
    const answer = reviewKey(event)
    if (answer === 'undo') undo()
    else if (answer !== undefined) review(answer)
    else if (event.key === 'Enter' || event.key === ' ') isCloser.value = current !== undefined
    else if (event.key === 'Escape') selected.value = null
    else return
    event.preventDefault()
  }
  useReviewKeys(selected.value === null || isCloser.value ? null : onKey)
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
  if (route.value.query.has('summary'))
    return <BatchSummary live={live} model={model} label={label} reviews={truths} alpha={alpha} positives={positives} />
  return (
    <div class="view batch">
      <BatchHead live={live} label={label} reviews={reviews} alpha={alpha} />
      {ofMap && (
        <p class="note row">
          {t.batches.ofMap(ofMap.size)}
          <button type="button" class="button small" onClick={() => (picked.value = null)}>
            {t.batches.showAll}
          </button>
        </p>
      )}
      <button
        type="button"
        class="button small charts-toggle"
        aria-expanded={showsCharts.value}
        onClick={() => (showsCharts.value = !showsCharts.value)}
      >
        {t.batches.charts}
      </button>
      <Toolbar
        items={live.items.slice(0, upTo)}
        alpha={alpha}
        state={state}
        hasPlaces={model?.detail !== undefined}
        labels={job?.also && label ? [label, ...job.also] : []}
        total={job?.progress.total ?? 0}
        late={total - upTo}
        onSortIn={() => setFrozenAt(total)}
      />
      <div class="batch-columns">
        <div class="batch-main">
          {order.length === 0 && places === 0 && (
            <p class="muted nothing">{isRunning ? t.common.loading : t.batches.empty}</p>
          )}
          <VirtualGrid
            count={places}
            label={t.batches.grid}
            least={state.size.value}
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
                  truth={truths.get(item.index)}
                  file={file}
                  path={pathOf(item.index)}
                  isSelected={item.index === selected.value}
                  isFocusable={isFocusable}
                  isRushing={isRushing}
                  hasMarks={state.marks.value}
                  onPick={pick}
                  onOpen={open}
                />
              )
            }}
          />
        </div>
        <aside class={showsCharts.value ? 'batch-side shown' : 'batch-side'}>
          <div class="card">
            <Histogram items={live.items} positives={positives?.images ?? []} alpha={alpha} batchAlpha={batchAlpha} />
          </div>
          <div class="card">
            <AlphaSlider
              alpha={alpha}
              onChange={(next) => (state.alpha.value = next)}
              {...(model ? { n: model.calibrationScores, calibration: model.calibration } : {})}
            />
            <button
              type="button"
              class="button small"
              disabled={state.alpha.value === null}
              onClick={() => (state.alpha.value = null)}
            >
              {t.alpha.reset(oneIn(offered(batchAlpha, model?.calibrationScores)))}
            </button>
          </div>
          <DetailPanel
            item={current}
            model={model}
            alpha={alpha}
            truth={current && truths.get(current.index)}
            said={current && reviews.said.get(current.index)}
            file={current && fileOf(id, current.index)}
            path={current ? pathOf(current.index) : null}
            onReview={review}
            onOpen={() => (isCloser.value = true)}
            onClose={() => (selected.value = null)}
          />
        </aside>
      </div>
      {isCloser.value && current && (
        <Closer
          item={current}
          batch={job ?? null}
          file={fileOf(id, current.index)}
          path={pathOf(current.index)}
          model={model}
          alpha={alpha}
          truth={truths.get(current.index)}
          said={reviews.said.get(current.index)}
          onReview={review}
          onUndo={undo}
          onMove={(step) => moveTo(Math.max(0, position + step))}
          onClose={() => (isCloser.value = false)}
        />
      )}
    </div>
  )
}
