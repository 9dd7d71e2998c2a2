/** What a batch is, how far, how fast; export, and the way from confirmed images to the next version. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { count, duration } from '../format.ts'
import { findModel, models } from '../models/store.ts'
import { go, href, route } from '../routes.ts'
import { client } from '../service/api.ts'
import { isFinished } from '../service/follow.ts'
import { takesRequests, trouble } from '../service/health.ts'
import type { Batch } from '../service/types.ts'
import { t } from '../text.ts'
import { Confirm } from '../ui/dialog.tsx'
import { Icon } from '../ui/icons.tsx'
import { Menu } from '../ui/menu.tsx'
import { complain, ErrorNote } from '../ui/notes.tsx'
import { Progress } from '../ui/progress.tsx'
import { shareLink } from '../ui/share.ts'
import { discoveriesOf } from './discoveries.ts'
import { saveCsv, saveJsonLines } from './export.ts'
import type { LiveBatch } from './live.ts'
import { NextVersion } from './next-version.tsx'
import { countReviews, type ReviewCounts, type SharedReviews } from './review.ts'
import { titleOf } from './title.ts'

export function BatchHead(props: {
  live: LiveBatch
  label: string | null
  reviews: SharedReviews
  alpha: number
}): JSX.Element {
  const { live, label, reviews, alpha } = props
  /** The next version: not asked for, in sight, or going on behind the batch. */
  const next = useSignal<'open' | 'closed' | null>(null)
  const stops = useSignal(false)
  /** What was reviewed when the dialog was opened: others may go on meanwhile. */
  const frozen = useSignal<Pick<ReviewCounts, 'belongs' | 'differs'>>({ belongs: [], differs: [] })
  void live.revision.value
  const job = live.job.value
  const done = live.items.length
  const total = job?.progress.total ?? 0
  const isRunning = job != null && !isFinished(job)
  const isFinishedJob = job != null && isFinished(job) && done >= total
  const truths = reviews.truths.value
  const counts = countReviews(live.items, truths, alpha)
  const isReviewed = counts.belongs.length + counts.differs.length > 0
  // a version that was begun before the page was loaded anew
  if (next.value === null && isReviewed && label !== null && isFinishedJob && route.value.query.has('next')) {
    frozen.value = counts
    next.value = 'closed'
  }
  // what nobody works at has no pace, and no end that could be told
  const rate = trouble.value === 'workers' || !takesRequests.value ? 0 : (live.rate.value ?? 0)
  const reviewed = { items: live.items, reviews: truths, said: reviews.said, alpha }
  const found = discoveriesOf(live.items, alpha)
  const errors = live.items.filter(({ line }) => 'error' in line).length

  /** Nothing can be taught to it then, and no map is drawn by it. */
  const isGone = label !== null && models.value !== null && findModel(label) === undefined

  // results that came are news before the state is
  const state = job?.state === 'queued' && done > 0 ? 'running' : job?.state

  return (
    <header class="stack batch-head">
      <div class="view-head">
        <div>
          <p class="crumb">
            <a href={href('batches')}>{t.batches.title}</a>
          </p>
          <h1 class="cut">{job ? titleOf(job) : t.batches.title}</h1>
          <p>{label ? t.batches.model([label, ...(job?.also ?? [])].join(', ')) : '\u00a0'}</p>
        </div>
        <div class="row">
          <button
            type="button"
            class={isRunning ? 'button stop' : 'button stop gone'}
            disabled={!isRunning}
            onClick={() => (stops.value = true)}
          >
            {t.batches.cancel}
          </button>
          <button
            type="button"
            class="button"
            disabled={isRunning || label === null || isGone || !job?.keeps?.map}
            onClick={() => go('map', label, { batch: live.id })}
          >
            {t.nav.map}
          </button>
          <Menu
            plain
            label={t.batches.export}
            items={[
              { label: t.batches.exportCsv, icon: 'download', onPick: () => saveCsv(nameOf(job), reviewed) },
              {
                label: t.batches.summary.open,
                icon: 'book',
                onPick: () => go('batches', live.id, { ...Object.fromEntries(route.value.query), summary: '1' }),
              },
              { label: t.batches.share, icon: 'external', onPick: () => void shareLink(location.href) },
              { label: t.batches.exportJsonl, icon: 'download', onPick: () => saveJsonLines(nameOf(job), reviewed) },
            ]}
          >
            <Icon name="download" size={18} />
            {t.batches.export}
          </Menu>
          <button
            type="button"
            class="button primary"
            disabled={!isReviewed || label === null || isGone}
            title={t.batches.confirmHelp}
            onClick={() => {
              // what was begun is seen through first
              if (!route.value.query.has('next')) frozen.value = counts
              next.value = 'open'
            }}
          >
            {t.batches.confirm(counts.belongs.length)}
          </button>
        </div>
      </div>
      {isGone && <p class="note warn">{t.models.gone(label)}</p>}
      {job?.state === 'failed' && job.error && <ErrorNote error={job.error} />}
      {isRunning && job.waitsFor && <ErrorNote error={job.waitsFor} />}
      <div class="batch-status">
        <Progress
          share={total > 0 ? done / total : 0}
          label={state ? (t.batches.state[state] ?? state) : t.common.loading}
          text={job ? t.batches.progress(done, total) : ''}
          widest={job ? t.batches.progress(total, total) : ''}
        />
        <p class="hint numbers status-words" role="status">
          <span class="pace">
            {isRunning
              ? rate > 0 &&
                // as long as names come, nobody knows how many are left
                (job.progress.listing
                  ? t.batches.rate(rate)
                  : `${t.batches.rate(rate)}, ${t.batches.left(duration((total - done) / rate))}`)
              : job?.finishedAt &&
                job.createdAt &&
                t.batches.took(duration((Date.parse(job.finishedAt) - Date.parse(job.createdAt)) / 1000))}
          </span>
          <span>{errors > 0 && t.batches.errorsOf(errors)}</span>
          <span>{reviews.unsent.value > 0 && t.batches.unsent(reviews.unsent.value)}</span>
          <span class="discoveries">
            {found.rejected > 0 && !isRunning && t.batches.discoveries(found.rejected, found.goodAtMost)}
          </span>
        </p>
        {/* there from the start: the first answer pushes nothing down */}
        <p class="hint numbers review-status" role="status">
          {t.batches.reviewed(counts.reviewed, done)}
          {counts.reviewed > 0 && `: ${t.batches.reviewQuality(counts.agreed, counts.disagreed)}`}
        </p>
      </div>
      {next.value !== null && job && label && (
        <NextVersion
          isOpen={next.value === 'open'}
          begun={route.value.query.get('next')}
          batch={job}
          label={label}
          items={live.items}
          alpha={alpha}
          belongs={frozen.value.belongs}
          differs={frozen.value.differs}
          onOpen={() => (next.value = 'open')}
          onClose={() => (next.value = route.value.query.has('next') ? 'closed' : null)}
        />
      )}
      {stops.value && (
        <Confirm
          title={t.batches.cancel}
          text={t.batches.progress(done, total)}
          action={t.batches.cancel}
          onYes={() => {
            stops.value = false
            void client.cancel(live.id).catch(complain)
          }}
          onClose={() => (stops.value = false)}
        />
      )}
    </header>
  )
}

function nameOf(job: Batch | null | undefined): string {
  const folder = job?.folder ?? job?.uploadedFolder ?? job?.uploadedFolders?.join('-').slice(0, 80)
  return `${folder ?? 'batch'}-${count(job?.progress.total ?? 0).replace(/\D/g, '')}`
}
