/**
 * What Redis answers where it does not do a command, by the first word of its answer. All of it passes, by itself or when somebody sees
 * to Redis.
 */

/**
 * `full`, `replicas`, `replica`: it reads, and takes no data. `away`: it cannot answer now, or the command came at a bad moment.
 * `refused`: its settings, or the address that it was given, do not fit.
 */
export type Refusal = 'full' | 'replicas' | 'replica' | 'away' | 'refused'

const refusals: Readonly<Record<string, Refusal>> = {
  OOM: 'full',
  MISCONF: 'full', // its disk is
  NOREPLICAS: 'replicas',
  READONLY: 'replica',
  LOADING: 'away',
  BUSY: 'away',
  MASTERDOWN: 'away',
  CLUSTERDOWN: 'away',
  TRYAGAIN: 'away',
  UNBLOCKED: 'away',
  NOQUORUM: 'away',
  IOERR: 'away',
  EXECABORT: 'away',
  NOSCRIPT: 'away', // forgotten between two commands: sent again it comes with the script
  NOAUTH: 'refused',
  NOPERM: 'refused',
  WRONGPASS: 'refused',
  DENIED: 'refused',
  MOVED: 'refused', // a node of a cluster, by the address of a single Redis
}

// at the front, or where Redis tells of an error inside a script ("@user_script: 3: -OOM command not allowed ...")
const word = new RegExp(`(?:^|[\\s-])(${Object.keys(refusals).join('|')})\\b`)

/** Undefined where it is no such answer. A transaction that was given up says why with the commands that it had. */
export function refusalOf(error: unknown): Refusal | undefined {
  const reasons = (error as { previousErrors?: unknown } | undefined)?.previousErrors
  for (const reason of Array.isArray(reasons) ? reasons : []) {
    const found = refusalOf(reason)
    if (found !== undefined) return found
  }
  if (!(error instanceof Error)) return undefined
  const [, found] = word.exec(error.message) ?? []
  if (found !== undefined) return refusals[found]
  // a right that is missing, in the words of a script
  if (/can't run this command/.test(error.message)) return 'refused'
  return /max number of clients reached/.test(error.message) ? 'away' : undefined
}

/** Does Redis answer, but take no data? */
export function takesNoData(error: unknown): boolean {
  const refusal = refusalOf(error)
  return refusal === 'full' || refusal === 'replicas' || refusal === 'replica'
}
