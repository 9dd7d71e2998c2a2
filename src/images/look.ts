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
  let dark = 0
  let bright = 0
  const low = [255, 255, 255]
  const high = [0, 0, 0]
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!
    const channel = i % 3
    if (value < low[channel]!) low[channel] = value
    if (value > high[channel]!) high[channel] = value
    if (value <= nearEnd) dark++
    else if (value >= 255 - nearEnd) bright++
  }
  if (width * height < 2) return []
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
