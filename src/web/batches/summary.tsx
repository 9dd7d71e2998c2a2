/** A batch on one page, to print or to save as PDF: what was asked, what came out, what it is worth, and the most unusual images. */
import type { JSX } from 'preact'
import { baseName, count, date, score } from '../format.ts'
import { promiseWords, usePromise } from '../models/promise.ts'
import { href, route } from '../routes.ts'
import type { Model, Positives } from '../service/types.ts'
import { t } from '../text.ts'
import { MiddleCut } from '../ui/middle-cut.tsx'
import { Picture } from '../ui/picture.tsx'
import { VerdictMark } from '../ui/verdict-mark.tsx'
import { oneIn, verdictOf } from '../verdict.ts'
import { discoveriesOf } from './discoveries.ts'
import { Histogram } from './histogram.tsx'
import type { LiveBatch } from './live.ts'
import { fileOf, pictureOf } from './local-files.ts'
import { shown } from './order.ts'
import { countReviews, type Reviews } from './review.ts'
import { titleOf } from './title.ts'

const most = 18

export function BatchSummary(props: {
  live: LiveBatch
  model: Model | undefined
  label: string | null
  reviews: Reviews
  alpha: number
  positives: Positives | null | undefined
}): JSX.Element {
  const { live, model, label, reviews, alpha, positives } = props
  void live.revision.value
  const job = live.job.value
  const { summary: _, ...view } = Object.fromEntries(route.value.query)
  const promise = usePromise(model?.calibrationScores, alpha, model?.calibration)
  const found = discoveriesOf(live.items, alpha)
  const said = countReviews(live.items, reviews, alpha)
  const oddest = { sort: 'odd', filter: 'all', review: 'any', search: '', label: '', alpha, picked: null } as const
  const first = shown(live.items, reviews, oddest).slice(0, most)
  const rows: [string, string][] = [
    [t.common.model, label ?? ''],
    [t.batches.summary.made, date(job?.createdAt)],
    [t.batches.summary.images, count(live.items.length)],
    [t.verdict.belongs, count(found.scored - found.rejected)],
    [t.verdict.differs, count(found.rejected)],
    ...(found.unreadable > 0 ? [[t.verdict.unreadable, count(found.unreadable)] as [string, string]] : []),
    [t.alpha.label, `${t.alpha.words(oneIn(alpha))}. ${promise ? promiseWords(promise) : ''}`],
    ...(found.rejected > 0
      ? [[t.batches.summary.worth, t.batches.discoveries(found.rejected, found.goodAtMost)] as [string, string]]
      : []),
    ...(said.reviewed > 0
      ? [
          [
            t.batches.review,
            `${t.batches.reviewed(said.reviewed, live.items.length)}: ${t.batches.reviewQuality(said.agreed, said.disagreed)}`,
          ] as [string, string],
        ]
      : []),
  ]
  return (
    <div class="view summary">
      <div class="view-head">
        <div>
          <p class="crumb">
            <a href={href('batches', live.id, view)}>{t.batches.summary.back}</a>
          </p>
          <h1>{job ? titleOf(job) : t.batches.title}</h1>
        </div>
        <button type="button" class="button primary" onClick={() => print()}>
          {t.batches.summary.print}
        </button>
      </div>
      <div class="summary-top">
        <dl class="facts">
          {rows.map(([name, words]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{words}</dd>
            </div>
          ))}
        </dl>
        <Histogram items={live.items} positives={positives?.images ?? []} alpha={alpha} batchAlpha={alpha} />
      </div>
      <h2>{t.batches.summary.first(first.length)}</h2>
      <ul class="summary-images">
        {first.map((item) => (
          <li key={item.index}>
            <Picture file={fileOf(live.id, item.index)} path={pictureOf(job, item)} alt="" />
            <span class="row tight">
              <VerdictMark verdict={verdictOf(item.line, alpha)} size={14} />
              <span class="numbers">{'score' in item.line ? score(item.line.score) : ''}</span>
            </span>
            <span class="summary-name" title={item.line.image}>
              <MiddleCut text={baseName(item.line.image).replace(/\.\w{1,5}$/, '')} />
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}
