/**
 * What a comparison found, as codes with their numbers, so that each language says it in its own words; and the English words, which
 * the report and the page have from here.
 */
import { plural } from './plural.ts'

/** Methods are named by their key. Shares and AUROC lie between 0 and 1. */
export type Finding =
  | { readonly code: 'nothingRan' }
  | {
      readonly code: 'best'
      readonly method: string
      readonly auroc: number
      readonly interval: readonly [number, number] | null
    }
  /** Whose difference from the best may be chance. */
  | { readonly code: 'even'; readonly methods: readonly string[]; readonly images: number }
  | {
      readonly code: 'served'
      readonly isBest: boolean
      readonly auroc: number
      readonly interval: readonly [number, number] | null
      /** Share of the class that it rejects, and of the others that it accepts. */
      readonly rejects: number
      readonly passes: number
      readonly alpha: number
    }
  /** The better one of those that train on negatives. `gap`: its AUROC less that of what is served. */
  | { readonly code: 'negatives'; readonly method: string; readonly gap: number; readonly mayBeChance: boolean }
  | { readonly code: 'naive'; readonly auroc: number; readonly acceptsAll: boolean }
  | {
      readonly code: 'photos'
      readonly from: number
      readonly to: number
      readonly gain: number
      /** Absent in reports of earlier builds, which did not ask. */
      readonly mayBeChance?: boolean
    }
  /** Without test negatives; `rejects` is null where what is served was not among the methods. */
  | {
      readonly code: 'noNegatives'
      readonly positives: number
      readonly rejects: number | null
      readonly alpha: number
    }

/** A gap in AUROC that is worth a word. */
export const worthSaying = 0.005
/** A gain in AUROC from more photos that is. */
export const worthPhotos = 0.01

const percent = (share: number): string => `${(100 * share).toFixed(share > 0.995 || share < 0.1 ? 1 : 0)} %`
const range = (interval: readonly [number, number] | null): string =>
  interval ? ` (${interval[0].toFixed(3)} to ${interval[1].toFixed(3)})` : ''
const list = (items: readonly string[]): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join('; ')}; and ${items.at(-1)}`

/** @param titleOf the name of a method, from its key */
export function tellFinding(finding: Finding, titleOf: (key: string) => string): string {
  switch (finding.code) {
    case 'nothingRan':
      return 'No method could be run; the table says why.'
    case 'best': {
      const { method, auroc, interval } = finding
      return `Best on your images: ${titleOf(method)}, AUROC ${auroc.toFixed(3)}${range(interval)}: given one image of the class and one other, it puts the right one first ${percent(auroc)} of the time.`
    }
    case 'even':
      return `Not really different from it on these ${finding.images} test images: ${list(finding.methods.map(titleOf))}.`
    case 'served': {
      const { isBest, auroc, interval, rejects, passes, alpha } = finding
      const place = isBest
        ? 'The ensemble that oneclass serves is that one; it'
        : `The ensemble that oneclass serves has AUROC ${auroc.toFixed(3)}${range(interval)}; at your alpha it`
      return `${place} rejects ${percent(rejects)} of the class (alpha promises at most ${percent(alpha)} on average) and lets ${percent(passes)} of the other images through.`
    }
    case 'negatives': {
      const { gap, mayBeChance } = finding
      const method = titleOf(finding.method)
      if (gap <= worthSaying)
        return `Negatives are not needed here: ${method}, which trains on them, is ${gap < -worthSaying ? `behind the ensemble by ${(-gap).toFixed(3)} AUROC` : 'level with the ensemble'}.`
      return mayBeChance
        ? `Negatives may pay here: ${method}, which trains on them, is ahead of the ensemble by ${gap.toFixed(3)} AUROC, which may be chance on so few images.`
        : `Negatives pay here: ${method} is ahead of the ensemble by ${gap.toFixed(3)} AUROC. It knows negatives of the training kind; what comes later may differ.`
    }
    case 'naive':
      return finding.acceptsAll
        ? 'The naive one-class CNN of 2019 collapsed, as it must: it says yes to every image.'
        : `The naive one-class CNN of 2019 reaches AUROC ${finding.auroc.toFixed(2)}; nothing in its training asks for more.`
    case 'photos': {
      const { from, to, gain, mayBeChance = true } = finding
      const moved = `from ${from} to ${to} positives moved the ensemble of whole images by ${gain >= 0 ? '+' : '−'}${Math.abs(gain).toFixed(3)} AUROC (the learning curve looks at no places)`
      if (gain <= worthPhotos) return `More photos of the same sort would change little: ${moved}.`
      return mayBeChance
        ? `More photos may help: ${moved}, which may be chance on so few images.`
        : `More photos would likely help: ${moved}.`
    }
    case 'noNegatives': {
      const { positives, rejects, alpha } = finding
      const said = `With no test negatives nothing can be said about what gets through; this is how ${plural(positives, 'positive')} fared.`
      return rejects === null
        ? said
        : `${said} The ensemble rejects ${percent(rejects)} of them; alpha promises at most ${percent(alpha)} on average.`
    }
  }
}
