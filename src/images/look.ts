/** What pixels look like when something went wrong before they came here: one colour, nearly all black, nearly all white. */
import type { Note } from '../wire/notes.ts'
import type { Pixels } from './pixels.ts'

/** Levels by which a blank image may vary: noise of compression. */
const blankSpread = 2
const nearEnd = 2
const extremeShare = 0.995
/** Part of the samples at the ends of a model's range from which the image lies outside it. */
const outsideShare = 0.5

/** Levels of 8 bits that an image of 14 bits in 16 reaches. */
const quarter = 64

/**
 * @param hasRange the pixels were made with a range of samples, so what lies outside of it stands at its ends
 * @param isWide the pixels were made of samples of 16 bits as they are
 */
export function lookAt({ data, width, height }: Pixels, { hasRange = false, isWide = false } = {}): Note[] {
  if (width * height < 2 || (!hasRange && !isWide && isOrdinary(data))) return []
  const counts = levelCounts(data)
  const ofAll = (from: number, to: number) => {
    let sum = 0
    for (const channel of counts) for (let level = from; level <= to; level++) sum += channel[level]!
    return sum
  }
  const dark = ofAll(0, nearEnd)
  const bright = ofAll(255, 255)
  const low = counts.map((channel) => channel.findIndex((count) => count > 0))
  const high = counts.map((channel) => channel.findLastIndex((count) => count > 0))
  const notes: Note[] = []
  if (hasRange && dark + bright >= outsideShare * data.length) {
    const where = dark >= bright ? 'below' : 'above'
    notes.push({ code: 'OUT_OF_RANGE', message: `Most samples lie ${where} the range that the model was fitted with.` })
  }
  if (isWide && Math.max(...high) <= quarter) {
    const message =
      'The samples have 16 bits and use the darkest part of them; they were taken as they are. Fit with such images, or give their range when fitting.'
    notes.push({ code: 'EXTREME', message })
  }
  if (high.every((value, channel) => value - low[channel]! <= blankSpread)) {
    notes.push({ code: 'BLANK', message: 'The image is blank: it has one colour only.' })
  } else if (dark >= extremeShare * data.length) {
    notes.push({ code: 'EXTREME', message: 'The image is nearly all black.' })
  } else if (bright >= extremeShare * data.length) {
    notes.push({ code: 'EXTREME', message: 'The image is nearly all white.' })
  }
  return notes
}

/** Pixels from one that is looked at first to the next: a prime, so that no column of an image is left out. */
const sparse = 17

/**
 * Whether some of the pixels show already that the image is not blank, nor nearly black or white: so it is with most images, and takes
 * a tenth of the time of counting them all.
 */
function isOrdinary(data: Pixels['data']): boolean {
  let [notDark, notBright, low, high] = [0, 0, 255, 0]
  for (let i = 0; i < data.length; i += 3 * sparse) {
    for (let at = i; at < i + 3; at++) {
      const value = data[at]!
      if (value > nearEnd) notDark++
      if (value < 255) notBright++
    }
    low = Math.min(low, data[i]!)
    high = Math.max(high, data[i]!)
  }
  const most = (1 - extremeShare) * data.length
  return high - low > blankSpread && notDark > most && notBright > most
}

/** How many samples of each channel have each level: one pass over the pixels, whatever is asked of them. */
function levelCounts(data: Pixels['data']): [Uint32Array, Uint32Array, Uint32Array] {
  const [red, green, blue] = [new Uint32Array(256), new Uint32Array(256), new Uint32Array(256)]
  for (let i = 0; i < data.length; i += 3) {
    red[data[i]!]!++
    green[data[i + 1]!]!++
    blue[data[i + 2]!]!++
  }
  return [red, green, blue]
}
