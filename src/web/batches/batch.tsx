/** One batch: live progress, the grid of what is there, and the review. */
import { useComputed, useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks'
import { usualAlpha } from '../../wire/fit-choices.ts'
import { findModel, models, modelsError } from '../models/store.ts'
import { usePositives } from '../models/strip.tsx'
import { href, route } from '../routes.ts'
import { isFinished } from '../service/follow.ts'
import { t } from '../text.ts'
import { ErrorNote } from '../ui/notes.tsx'
import { offered } from '../verdict.ts'
import { BatchHead } from './batch-head.tsx'
import { Cell, EmptyCell } from './cell.tsx'
import { Charts } from './charts.tsx'
import { Closer } from './closer.tsx'
import { DetailPanel } from './detail-panel.tsx'
import { reviewKey } from './keys.ts'
import { type Item, openBatch } from './live.ts'
import { fileOf, pictureOf } from './local-files.ts'
import { OfMap } from './of-map.tsx'
import { shown } from './order.ts'
import { usePicked } from './picked.ts'
import { openReviews, type Truth } from './review.ts'
import { useSelection } from './selection.ts'
import { BatchSummary } from './summary.tsx'
import { Toolbar } from './toolbar.tsx'
import { useViewState } from './view-state.ts'
import { focusGrid, VirtualGrid } from './virtual-grid.tsx'

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
  const batchAlpha = firstLine && 'alpha' in firstLine ? firstLine.alpha : (model?.alpha ?? usualAlpha)
  const state = useViewState()
  const alpha = offered(state.alpha.value ?? batchAlpha, model?.calibrationScores)
  const isCloser = useSignal(false)
  const selection = useSelection()
  const selected = selection.at.value
  const several = selection.several.value
  const showsCharts = useSignal(false)
  const [ofMap, showAllOfMap] = usePicked()

  // While one looks at an image and results still come, the order stays: nothing is pulled from under the hand.
  const isRunning = job != null && !isFinished(job)
  const [frozenAt, setFrozenAt] = useState<number | null>(null)
  const total = live.items.length
  void live.revision.value
  useEffect(() => {
    if (!isRunning) setFrozenAt(null)
    else if (selected !== null) setFrozenAt((old) => old ?? live.items.length)
    else setFrozenAt(null)
  }, [isRunning, selected])
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
  selection.show(order)
  const position = order.findIndex(({ index }) => index === selected)
  const current = order[position]
  const showsAll =
    view.filter === 'all' && view.review === 'any' && view.search === '' && view.label === '' && ofMap === null
  const places = isRunning && showsAll ? Math.max(order.length, job.progress.total) : order.length

  const open = useCallback((item: Item) => {
    selection.only(item.index)
    isCloser.value = true
  }, [])
  const review = (truth: Truth | null) => {
    // as of now: keys may come faster than the view is drawn
    const [one, more] = [selection.at.peek(), selection.several.peek()]
    const isMeant = ({ index }: Item) => more.has(index) || index === one
    const about = order.filter((item) => 'pValue' in item.line && isMeant(item))
    if (about.length === 0) return
    const last = order.findLastIndex(isMeant)
    reviews.set(
      about.map(({ index }) => index),
      truth,
    )
    // on to the next, but not when an answer is taken back
    selection.only((truth === null ? order[last] : (order[last + 1] ?? order[last]))?.index ?? null)
  }
  const undo = () => {
    const index = reviews.undo()
    if (index !== undefined) selection.only(index)
  }
  const onKey = (event: KeyboardEvent) => {
    if ((event.metaKey || event.ctrlKey) && event.key === 'a') {
      selection.all()
      return event.preventDefault()
    }
    if (event.metaKey || event.ctrlKey || event.altKey) return
    const answer = reviewKey(event)
    if (answer === 'undo') undo()
    else if (answer !== undefined) review(answer)
    else if (event.key === 'Enter' || event.key === ' ') isCloser.value = current !== undefined
    else if (event.key === 'Escape') selection.only(several.size > 0 ? selected : null)
    else return
    event.preventDefault()
  }
  const error = useComputed(() => live.error.value)

  if (error.value) {
    return (
      <div class="view">
        <h1>{t.batches.title}</h1>
        <ErrorNote error={error.value} />
        <p>
          {error.value.code === 'JOB_NOT_FOUND' && t.batches.gone} <a href={href('batches')}>{t.batches.title}</a>
        </p>
      </div>
    )
  }
  if (route.value.query.has('summary'))
    return <BatchSummary live={live} model={model} label={label} reviews={truths} alpha={alpha} positives={positives} />
  const head = <BatchHead live={live} label={label} reviews={reviews} alpha={alpha} />
  // what stands below it depends on the job and its model, and would move when they come
  if (job == null || (models.value === null && modelsError.value === null)) return <div class="view batch">{head}</div>
  return (
    <div class="view batch">
      {head}
      {ofMap && <OfMap count={ofMap.size} onAll={showAllOfMap} />}
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
            onMove={(to, isRange) => selection.moveTo(to, isRange ? 'range' : 'one')}
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
                  path={pictureOf(job, item)}
                  isSelected={item.index === selected || several.has(item.index)}
                  isFocusable={isFocusable}
                  isRushing={isRushing}
                  hasMarks={state.marks.value}
                  onPick={selection.pick}
                  onOpen={open}
                />
              )
            }}
          />
        </div>
        <aside class={showsCharts.value ? 'batch-side shown' : 'batch-side'}>
          <DetailPanel
            item={current}
            several={several.size}
            model={model}
            alpha={alpha}
            truth={current && truths.get(current.index)}
            said={current && reviews.said.get(current.index)}
            file={current && fileOf(id, current.index)}
            path={current ? pictureOf(job, current) : null}
            onReview={review}
            onOpen={() => (isCloser.value = true)}
            onClose={() => selection.only(null)}
          />
          <Charts
            live={live}
            model={model}
            positives={positives?.images ?? []}
            alpha={alpha}
            batchAlpha={batchAlpha}
            own={state.alpha}
          />
        </aside>
      </div>
      {isCloser.value && current && (
        <Closer
          item={current}
          batch={job ?? null}
          file={fileOf(id, current.index)}
          path={pictureOf(job, current)}
          model={model}
          alpha={alpha}
          truth={truths.get(current.index)}
          said={reviews.said.get(current.index)}
          onReview={review}
          onUndo={undo}
          onMove={(step) => selection.moveTo(Math.max(0, position + step), 'one')}
          onClose={() => {
            isCloser.value = false
            focusGrid()
          }}
        />
      )}
    </div>
  )
}
