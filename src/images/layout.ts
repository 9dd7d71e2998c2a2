/**
 * Is a folder one class, or the root of a data set? `positive/` beside `negative/`, `good` beside `scratch`, `hotdog` beside
 * `not_hotdog`: taught as one class, the negatives would be learnt as positives, and nobody would see it.
 */
import { plural } from '../wire/plural.ts'

export interface Layout {
  /** Folder names, joined by "/", whose images are the positives; empty where the folder itself is the class. */
  readonly positive: readonly string[]
  /** Folders that hold negatives. */
  readonly negative: readonly string[]
  /** Other folders that are left out beside those: parts of a data set that are for testing. */
  readonly other: readonly string[]
  /** Images that are left out. */
  readonly left?: number
  /** What was found and what is done, as a sentence; undefined where there is nothing to say. */
  readonly note?: string
  /** The way to use the negatives, for somebody who gave none. */
  readonly advice?: string
}

const positiveNames = /^(positives?|pos|good|ok|okay|normal|true|yes|in|inliers?|class)$/
const negativeNames =
  /^(negatives?|neg|bad|ng|nok|not[-_ ]?ok|not[-_ ]?good|defects?|defective|faulty|broken|anomal(y|ies|ous)|abnormal|false|no|out|outliers?|rejects?|rejected|others?|background|rest)$/
const trainNames = /^(train|training|fit)$/
const testNames = /^(test|testing|val|valid|validation|eval|holdout|ground[-_ ]?truth|masks?)$/
const negation = /^(?:not|no|non|un)[-_ ]?(?=.)/

/** @param names paths of images below the folder, with "/" between parts */
export function findLayout(names: readonly string[]): Layout {
  const all = tally(names, '')
  const trains = [...all.keys()].filter((name) => trainNames.test(name.toLowerCase()))
  const tests = [...all.keys()].filter((name) => testNames.test(name.toLowerCase()))
  if (trains.length === 1 && (tests.length > 0 || looksSplit(tally(names, `${trains[0]}/`)))) {
    const train = trains[0]!
    const below = splitOf(tally(names, `${train}/`), `${train}/`)
    const positive = below?.positive ?? [train]
    return describe(names, positive, below?.negative ?? [], tests)
  }
  const split = splitOf(all, '')
  return split ? describe(names, split.positive, split.negative, tests) : { positive: [], negative: [], other: [] }
}

/** Which of the names are images of the class under a layout. */
export function isOfClass(layout: Layout): (name: string) => boolean {
  if (layout.positive.length > 0) return (name) => layout.positive.some((folder) => isIn(name, folder))
  const left = [...layout.negative, ...layout.other]
  return (name) => !left.some((folder) => isIn(name, folder))
}

/** Which of the names are negatives, where somebody says that the folder holds some: all, but for a data set's other parts. */
export function isOfOthers(layout: Layout): (name: string) => boolean {
  return layout.negative.length === 0 ? () => true : (name) => layout.negative.some((folder) => isIn(name, folder))
}

function isIn(name: string, folder: string): boolean {
  return name.startsWith(`${folder}/`)
}

/** Images in each folder right below `prefix`. */
function tally(names: readonly string[], prefix: string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) {
    if (!name.startsWith(prefix)) continue
    const rest = name.slice(prefix.length)
    const end = rest.indexOf('/')
    if (end > 0) counts.set(rest.slice(0, end), (counts.get(rest.slice(0, end)) ?? 0) + 1)
  }
  return counts
}

/**
 * Which labels of images are those of positives and which of negatives.
 * @param counts images under each label
 */
export function splitLabels(counts: ReadonlyMap<string, number>): {
  readonly positive: readonly string[]
  readonly negative: readonly string[]
} {
  const labels = [...counts.keys()]
  const named = (word: string) => labels.filter((label) => label.toLowerCase() === word)
  const byName = (names: RegExp) => labels.filter((label) => names.test(label.toLowerCase()))
  const plain = { positive: named('positive'), negative: named('negative') }
  const isPlain = plain.positive.length + plain.negative.length > 0
  const split = isPlain ? plain : (splitOf(counts, '') ?? { positive: byName(positiveNames), negative: [] })
  // beside labels of negatives one other label, whatever it is, is that of the class: `part` beside `other`
  const rest = labels.filter((label) => !split.negative.includes(label) && !testNames.test(label.toLowerCase()))
  const isClass = split.positive.length === 0 && split.negative.length > 0 && rest.length === 1
  return isClass ? { ...split, positive: rest } : split
}

function looksSplit(counts: ReadonlyMap<string, number>): boolean {
  return splitOf(counts, '') !== undefined
}

function splitOf(counts: ReadonlyMap<string, number>, prefix: string) {
  const folders = [...counts.keys()]
  const lower = folders.map((name) => name.toLowerCase())
  const byName = (names: RegExp) => folders.filter((_, i) => names.test(lower[i]!))
  const positive = byName(positiveNames)
  const negative = byName(negativeNames)
  // "not_hotdog" is the opposite of "hotdog" beside it
  for (const [i, name] of lower.entries()) {
    const opposite = lower.indexOf(name.replace(negation, ''))
    if (!negation.test(name) || opposite < 0 || opposite === i) continue
    if (!negative.includes(folders[i]!)) negative.push(folders[i]!)
    if (!positive.includes(folders[opposite]!)) positive.push(folders[opposite]!)
  }
  // "good" beside kinds of defects, whatever their names: the layout of MVTec AD
  if (positive.length === 1 && /^(good|ok|normal)$/i.test(positive[0]!) && negative.length === 0) {
    negative.push(...folders.filter((name, i) => name !== positive[0] && !testNames.test(lower[i]!)))
  }
  if (negative.length === 0) return undefined
  const at = (names: readonly string[]) => names.map((name) => `${prefix}${name}`)
  return { positive: at(positive), negative: at(negative) }
}

function describe(
  names: readonly string[],
  positive: readonly string[],
  negative: readonly string[],
  other: readonly string[],
): Layout {
  const count = (folders: readonly string[]) => names.filter((name) => folders.some((f) => isIn(name, f))).length
  const list = (folders: readonly string[]) =>
    folders
      .slice(0, 4)
      .map((f) => `${f}/`)
      .join(', ') + (folders.length > 4 ? ', ...' : '')
  const used = names.filter(isOfClass({ positive, negative, other })).length
  if (used === 0) {
    // one folder, whatever its name, is what somebody chose
    const note = `All images lie in ${list([...negative, ...other])}: they are learnt, although the name sounds as if they did not belong.`
    return { positive: [], negative: [], other: [], ...(positive.length === 0 && { note }) }
  }
  const left = names.length - used
  const what =
    positive.length > 0
      ? `only ${list(positive)} (${plural(used, 'image')}) is learnt`
      : `only what lies beside it (${plural(used, 'image')}) is learnt`
  const found = [...negative, ...other]
  const advice =
    negative.length > 0
      ? `Give the negatives as such: "negatives" ${negative.length === 1 ? `DIR/${negative[0]}` : 'DIR'} (${plural(count(negative), 'image')}).`
      : undefined
  const note = `The folder looks like a data set with ${list(found)}: ${what}, ${plural(left, 'image is', 'images are')} left out.`
  return { positive, negative, other, left, note, ...(advice && { advice }) }
}
