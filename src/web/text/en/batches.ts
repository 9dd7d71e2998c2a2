/** Batches and their review. */
import { count } from '../../format.ts'
import { s } from './plural.ts'

export const batches = {
  batches: {
    title: 'Batches',
    lead: 'Score thousands of images, then look at the odd ones first.',
    new: 'New batch',
    none: 'No batch yet. Drop a folder above to run the first one.',
    recent: 'Recent',
    run: 'Run',
    uploadedName: 'Uploaded images',
    sending: 'Sending the images',
    state: { queued: 'Waiting', running: 'Running', done: 'Done', failed: 'Failed', cancelled: 'Cancelled' } as Record<
      string,
      string
    >,
    progress: (done: number, total: number) => `${count(done)} of ${count(total)}`,
    rate: (perSecond: number) => `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)} images/s`,
    left: (time: string) => `about ${time} left`,
    took: (time: string) => `took ${time}`,
    cancel: 'Stop the batch',
    sort: 'Sort',
    sorts: { odd: 'Oddest first', typical: 'Most typical first', arrival: 'As they came', name: 'By name' },
    newOnes: (n: number) => `Sort in ${s(n, 'new result')}`,
    filter: 'Show',
    filters: {
      all: 'All',
      belongs: 'Belongs',
      differs: 'Does not belong',
      unreadable: 'Unreadable',
      unanswered: 'No answer',
      unreviewed: 'Not reviewed',
      right: 'Right',
      wrong: 'Wrong',
      unsure: 'Unsure',
    },
    search: 'Find by name',
    histogram: 'How odd',
    histogramHelp: (batch: number, positives: number) =>
      positives > 0
        ? `Bars: this batch, ${count(batch)} images. Line: the ${count(positives)} photos it was taught, held out.`
        : `Bars: this batch, ${count(batch)} images.`,
    decision: 'decision',
    review: 'Review',
    right: 'Right',
    wrong: 'Wrong',
    unsure: 'Unsure',
    unreview: 'Undo',
    keys: 'Arrows move, R right, W wrong, U unsure, Backspace undoes, Enter looks closer.',
    reviewed: (n: number, total: number) => `${count(n)} of ${count(total)} reviewed`,
    reviewQuality: (right: number, wrong: number) =>
      `${count(right)} right, ${count(wrong)} wrong${right + wrong > 0 ? ` (${Math.round((100 * right) / (right + wrong))} % right)` : ''}`,
    export: 'Export',
    exportCsv: 'CSV, with the review',
    exportJsonl: 'JSON lines, with the review',
    confirm: (n: number) =>
      n === 0 ? 'Add confirmed images to the positives' : `Add ${s(n, 'confirmed image')} to the positives`,
    confirmHelp: 'Images reviewed as belonging become positives of the model’s next version.',
    confirmTitle: 'Make the next version',
    confirmGone: 'The files are no longer in this page, since it was loaded again. Choose the same folder to go on.',
    grid: 'Results, one image a cell',
    cellLabel: (verdict: string, name: string, p: string, mark: string | null) =>
      `${verdict}: ${name}${p === '' ? '' : `, p ${p}`}${mark === null ? '' : `, reviewed: ${mark}`}`,
    empty: 'No image matches.',
    previous: 'Previous',
    next: 'Next',
    errorsOf: (n: number) => `${count(n)} could not be read`,
    model: (label: string) => `by ${label}`,
    gone: 'There is no such batch any more: results are kept for a day.',
  },
}
