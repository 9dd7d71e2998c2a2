/** One image and its verdict. */
import { count } from '../../format.ts'
import { s } from '../plural.ts'

export const classify = {
  verdict: {
    belongs: 'Belongs',
    differs: 'Does not belong',
    unreadable: 'Could not be read',
    unanswered: 'No answer',
  },
  classify: {
    title: 'Classify',
    lead: 'Does this image belong?',
    help: 'Up to 50 images at a time. For more, run a batch.',
    camera: 'Use the camera',
    shoot: 'Take the picture',
    cameraRefused:
      'The camera cannot be used: it was not allowed, or there is none. Allow it in the browser’s address bar, or drop an image instead.',
    cameraTitle: 'Camera',
    samples: 'Or try one of these, which the model has never seen',
    sampleGood: 'a good part',
    sampleBad: 'something else',
    waiting: 'Looking …',
    waitsForWorker: 'Waits for a worker …',
    waitsForKey: 'Waits for an API key …',
    waitsForService: 'Waits for the service …',
    notTheImage: 'This says nothing about the image: the service could not finish.',
    odd: (k: number, n: number, taught: number, isSplit: boolean) => {
      const of =
        n === taught
          ? `of the ${count(n)} photos it was taught`
          : `of ${count(n)} photos (it was taught ${count(taught)}; ${isSplit ? 'a quarter is held out to count here' : 'of those that look the same, one counts here'})`
      return k === 0
        ? `None ${of} looks this unusual.`
        : `${count(k)} ${of} ${k === 1 ? 'looks' : 'look'} at least as unusual.`
    },
    pValue: (p: string) => `p\u00a0=\u00a0${p}`,
    why: (k: number) => `The limit is set so that at most 1 good image in ${k} is rejected on average.`,
    detectors: 'What each detector says',
    forest: 'Isolation forest',
    svm: 'One-class SVM',
    patches: 'Places in the image',
    discriminative: 'Known other things',
    agree: {
      both: 'Both detectors say that it belongs.',
      neither: 'Both detectors say that it does not belong.',
      forest: 'The detectors disagree: only the forest would accept it.',
      svm: 'The detectors disagree: only the SVM would accept it.',
      all: 'All detectors say that it belongs.',
      none: 'No detector says that it belongs.',
      mixed: 'The detectors disagree; the verdict joins what they say.',
    },
    typical: 'typical',
    oddEnd: 'unusual',
    nearest: 'Nearest photos it was taught',
    similarity: (x: string) => `similarity ${x}`,
    where: 'Where it looks unusual',
    whereNone: 'This model looks at whole images only, so it cannot tell which part is unusual.',
    whereNowhere: 'No part is marked: nowhere is it more unusual than good images are.',
    whereShow: 'Show where it looks unusual',
    whereHide: 'Hide the colours',
    heat: {
      usual: 'as usual',
      marked: 'marked',
      far: 'far beyond',
      places: (n: number) =>
        `The colour tells how unlike the good photos each place is. ${n === 1 ? 'A box shows' : 'Boxes show'} what is marked.`,
      promise: (k: number) => `About 1 good image in ${count(k)} shows any mark.`,
    },
    allModels: 'Ask all my models about it',
    noneOf: (n: number) => `None of the ${count(n)} models takes it for its own.`,
    isOneOf: (names: readonly string[]) => `It could be: ${names.join(', ')}.`,
    gone: (label: string, other: string) =>
      `The model “${label}” is not here: it was removed or renamed, or is of another service. What you see is said by ${other}.`,
    onMap: 'Map of what it was taught',
    results: 'Results',
    tally: (b: number, d: number, u: number) =>
      [
        `${count(b)} ${b === 1 ? 'belongs' : 'belong'}`,
        `${count(d)} ${d === 1 ? 'does' : 'do'} not`,
        ...(u > 0 ? [`${count(u)} unreadable`] : []),
      ].join(', '),
    clear: 'Clear',
    tooMany: (most: number) => `Only the first ${most} were taken: for more, run a batch.`,
    imageOf: (name: string) => `Image ${name}`,
  },
  live: {
    title: 'Live camera',
    start: 'Watch with the camera',
    pace: (rate: string, delay: number, p: string) =>
      `${rate} verdicts a second, ${count(delay)} ms behind, p\u00a0=\u00a0${p}`,
    rejects: 'The last that did not belong',
    reject: (i: number) => `Number ${i}, the newest first`,
    hold: 'Hold to keep photos',
    kept: (n: number) => `${s(n, 'photo')} kept`,
    teach: 'Make a model of them',
    large: 'Large, for a line',
    small: 'Back to normal size',
    stop: 'Stop the camera',
    stale: 'No verdict just now',
    noPicture:
      'The camera gives no new picture: it was taken away, or something else uses it. This goes on by itself once it is back.',
    help: (n: number) =>
      `Each thing that stays in sight counts once. The model knows ${s(n, 'photo')}; light and background that these do not show make good things look strange.`,
  },
}
