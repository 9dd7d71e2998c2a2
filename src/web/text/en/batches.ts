/** Batches and their review. */
import { count, decimal, pValue } from '../../format.ts'
import { s } from '../plural.ts'

export const batches = {
  batches: {
    title: 'Batches',
    lead: 'Score thousands of images, then look at the unusual ones first.',
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
    rate: (perSecond: number) => `${decimal(perSecond, perSecond < 10 ? 1 : 0)} images/s`,
    left: (time: string) => `about ${time} left`,
    took: (time: string) => `took ${time}`,
    cancel: 'Stop the batch',
    sort: 'Sort',
    sorts: { odd: 'Highest score', typical: 'Lowest score', arrival: 'As they came', name: 'By name' },
    newOnes: (n: number) => `Sort in ${s(n, 'new result')}`,
    filter: 'Show',
    filters: {
      all: 'All',
      belongs: 'Belongs',
      differs: 'Does not belong',
      unreadable: 'Unreadable',
      unanswered: 'No answer',
    },
    reviewFilter: 'Reviewed as',
    reviewFilters: {
      any: 'Reviewed or not',
      unreviewed: 'Not reviewed yet',
      belongs: 'Reviewed: belongs',
      differs: 'Reviewed: does not belong',
      unsure: 'Reviewed: cannot tell',
      disagree: 'Reviewer and model disagree',
    },
    also: 'Ask other models too',
    modelGone: (label: string) =>
      `The model “${label}” is not here: it was removed or renamed. Choose another one below.`,
    alsoHelp: 'Each image is read once. The results then say which of the models it could be.',
    label: 'Which model accepts it',
    anyLabel: 'Any model',
    isLabel: (label: string) => `Could be ${label}`,
    noLabel: 'None of the models',
    size: 'Size of the pictures',
    marks: 'Marks',
    ofMap: (n: number) => `Only the ${s(n, 'image')} that were picked on the map.`,
    showAll: 'Show all',
    search: 'Find by name',
    histogram: 'How unusual',
    histogramHelp: (batch: number, positives: number) =>
      positives > 0
        ? `Bars: this batch, ${count(batch)} images. Line: the ${count(positives)} photos it was taught, held out.`
        : `Bars: this batch, ${count(batch)} images.`,
    charts: 'How unusual, how strict',
    decision: 'limit',
    review: 'Review',
    ask: 'Does it belong? What you say is kept, whatever the model says.',
    truths: { belongs: 'Belongs', differs: 'Does not belong', unsure: 'Cannot tell' },
    said: (by: string, when: string) => `Said ${by === '' ? '' : `by ${by} `}${when}.`,
    yourName: 'Your name, kept with what you say',
    start: 'Choose an image to review it.',
    keys: 'Keys: B belongs, D does not belong, C cannot tell, U undoes the last answer, arrows move, Enter enlarges. Shift or Ctrl with a click selects several.',
    hold: 'Hold a picture to select several: then tap the others.',
    several: (n: number) => `${s(n, 'image')} selected`,
    ofSeveral: 'Do they belong? One answer is kept for all of them, and U takes it back from all.',
    score: (score: string) => `score ${score}`,
    unsent: (n: number) => `${s(n, 'answer')} not yet sent: trying again`,
    overruled: (n: number) =>
      `Somebody else said otherwise of ${n === 1 ? 'an image' : s(n, 'image')} that you reviewed. What was said last counts.`,
    discoveries: (rejected: number, good: number) =>
      good >= rejected
        ? `${rejected === 1 ? 'The one that does not belong may be a good image' : `The ${count(rejected)} that do not belong may all be good images`}: so many are rejected by chance`
        : `Of the ${count(rejected)} that do not belong, at most ${decimal(good, good < 10 ? 1 : 0)} are good images, on average`,
    reviewed: (n: number, total: number) => `${count(n)} of ${count(total)} reviewed`,
    reviewQuality: (agreed: number, disagreed: number) =>
      `the model agrees with ${count(agreed)} and disagrees with ${count(disagreed)}`,
    share: 'Copy a link to this view',
    summary: {
      open: 'One-page summary',
      back: 'Back to the batch',
      print: 'Print or save as PDF',
      made: 'Scored',
      images: 'Images',
      worth: 'What that is worth',
      first: (n: number) => `The ${count(n)} with the highest scores`,
    },
    export: 'Export',
    exportCsv: 'CSV, with the review',
    exportJsonl: 'JSON lines, with the review',
    confirm: (n: number) =>
      n === 0 ? 'Teach it what you reviewed' : `Teach it the ${n === 1 ? 'good image' : s(n, 'good image')}`,
    confirmHelp:
      'Images that you say belong become photos of the model’s next version; those that do not belong check it, or are taught too.',
    confirmTitle: 'Make the next version',
    becomePositives: (n: number) => `${s(n, 'image')} will be taught as belonging. Clear a tick to leave one out.`,
    becomeChecks: (n: number) =>
      `${s(n, 'image')} that ${n === 1 ? 'does' : 'do'} not belong will be used to check the new version. Clear a tick to leave one out.`,
    becomeNegatives: (n: number) =>
      `${s(n, 'image')} that ${n === 1 ? 'does' : 'do'} not belong will be taught as such. Clear a tick to leave one out.`,
    take: 'Take this image',
    teachBad: 'Teach it these too, as images that do not belong.',
    teachBadHelp: 'It learns what to look for. They can then no longer check the new version: test it with others.',
    makeVersion: (version: number, n: number, others: number) =>
      n === 0 && others > 0
        ? `Make version ${version} with ${s(others, 'image')} that ${others === 1 ? 'does' : 'do'} not belong`
        : `Make version ${version} with ${s(n, 'more photo')}${others === 0 ? '' : ` and ${s(others, 'other')}`}`,
    making: 'The next version is being made. You can go on here meanwhile.',
    again: (n: number, version: number) => `Score the ${s(n, 'image')} again, with version ${version}`,
    notMade: 'The next version could not be made.',
    showNext: 'Show',
    checking: (before: number, after: number) => `Comparing version ${after} with version ${before} …`,
    outcome: (
      { good, bad }: Record<'good' | 'bad', { of: number; before: number; after: number; p: number }>,
      before: number,
      after: number,
      isTaught: boolean,
    ) => {
      const fewer = good.before - good.after
      const more = bad.after - bad.before
      const rejects =
        fewer === 0
          ? `Version ${after} rejects as many of the ${count(good.of)} good images as version ${before} (${count(good.after)} now)`
          : `Version ${after} rejects ${count(Math.abs(fewer))} ${fewer > 0 ? 'fewer' : 'more'} of the ${count(good.of)} good images than version ${before} (${count(good.after)} now)`
      const p = Math.min(good.p, bad.of === 0 ? 1 : bad.p)
      const isSame = fewer === 0 && more === 0
      const chance = isSame
        ? ''
        : ` Image by image, that ${p <= 0.05 ? 'is more than chance' : 'may be chance'} (p\u00a0=\u00a0${pValue(p)}).`
      if (bad.of === 0)
        return `${rejects}.${chance} Whether it misses more cannot be told: ${isTaught ? 'it was taught the images that do not belong. Test it with others' : 'no image that does not belong was reviewed'}.`
      const misses = more === 0 ? 'misses none more' : `misses ${count(Math.abs(more))} ${more > 0 ? 'more' : 'fewer'}`
      const most =
        bad.after > bad.of / 2
          ? ' So most of them are still taken for good. Try again and teach it these too, or more photos of what belongs.'
          : ''
      return `${rejects}, and ${misses} of the ${count(bad.of)} that do not belong (${count(bad.after)} now).${chance}${most}`
    },
    confirmGone: 'The files are no longer in this page, since it was loaded again. Choose the same files to go on.',
    wholeGone:
      'The image itself is no longer in this page, since it was loaded again: only its small picture was kept. So it cannot be shown where it looks unusual.',
    confirmSome: (n: number) =>
      `${count(n)} of these images ${n === 1 ? 'has' : 'have'} no file in this page yet. Choose ${n === 1 ? 'it' : 'them'} too, or clear ${n === 1 ? 'its tick' : 'their ticks'}.`,
    confirmMissed: 'None of these files is of this batch: they are found by their names. Choose those that were sent.',
    grid: 'Results, one image a cell',
    cellLabel: (verdict: string, name: string, score: string, truth: string | null) =>
      `${verdict}: ${name}${score === '' ? '' : `, score ${score}`}${truth === null ? '' : `, reviewed: ${truth}`}`,
    empty: 'No image matches.',
    previous: 'Previous',
    next: 'Next',
    errorsOf: (n: number) => `${count(n)} could not be read`,
    model: (label: string) => `by ${label}`,
    gone: 'There is no such batch any more: results are kept for a day.',
  },
}
