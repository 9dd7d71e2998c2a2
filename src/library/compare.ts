/** `compare`: every method on the caller's images, in a thread of its own. */
import type { Comparison } from '../evaluation/comparison.ts'
import { usualAlpha } from '../wire/fit-choices.ts'
import * as check from './arguments.ts'
import { type Cancellable, homeOf, type Place } from './place.ts'
import { callOnce } from './thread.ts'

export interface CompareCall extends Place, Cancellable {
  /** Folder with positive/ and, for some methods, negative/; or with other names of the two, or a labels.csv, as `evaluate` takes them. */
  readonly train: string
  /** The same, with both. */
  readonly test: string
  /** A folder that gets report.html, report.json and scores.csv. What is unfinished there is gone on with. */
  readonly out: string
  /** Keys of methods. Default: all. */
  readonly methods?: readonly string[] | undefined
  /** Smaller networks, fewer epochs and seeds: minutes. */
  readonly quick?: boolean | undefined
  readonly backbone?: string | undefined
  /** Default 0.05. */
  readonly alpha?: number | undefined
  /** Default 1. */
  readonly seed?: number | undefined
  /** Keep test images that nearly repeat a training image. */
  readonly keepDuplicates?: boolean | undefined
  /** `fraction` from 0 to 1, and what is being done. */
  readonly onProgress?: ((progress: { readonly fraction: number; readonly message: string }) => void) | undefined
}

const options = {
  ...check.common,
  train: check.text('a folder with positive/ (and negative/)'),
  test: check.text('a folder with positive/ and negative/'),
  out: check.text('a folder to write to'),
  methods: check.listOf('keys of methods', check.isName),
  quick: check.flag,
  backbone: check.text('the id or file of a network'),
  alpha: check.alpha,
  seed: check.seed,
  keepDuplicates: check.flag,
}

/**
 * Puts every method side by side on labelled images: what report.json says; the page is in `out`.
 * @throws INVALID_ARGUMENT, FOLDER_NOT_FOUND, FOLDER_EMPTY, BACKBONE_NOT_FOUND, TOO_FEW_IMAGES
 */
export async function compare(call: CompareCall): Promise<Comparison> {
  check.checkOptions(call, options, ['train', 'test', 'out'])
  const { train, test, out, methods, quick, backbone, alpha = usualAlpha, seed = 1, keepDuplicates = false } = call
  const input = {
    home: homeOf(call),
    train,
    test,
    out,
    methods,
    backbone,
    alpha,
    seed,
    effort: quick ? ('quick' as const) : ('full' as const),
    keepNearDuplicates: keepDuplicates,
  }
  return await callOnce('compare', input, call)
}
