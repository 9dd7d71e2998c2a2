/** Where models are, and what every long call takes. */
import { resolve } from 'node:path'
import { readConfig } from '../system/config.ts'

export interface Place {
  /** The data directory. Default: `ONECLASS_HOME`, else `.oneclass/` in the current directory. */
  readonly home?: string | undefined
}

export interface Cancellable {
  /** Aborting it ends the work with CANCELLED. */
  readonly signal?: AbortSignal | undefined
}

export function homeOf({ home }: Place): string {
  return home === undefined ? readConfig().home : resolve(home)
}
