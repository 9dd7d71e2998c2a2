/** A version as results, jobs and metrics name it: NAME@VERSION. */
export function labelOf({ name, version }: { readonly name: string; readonly version: number }): string {
  return `${name}@${version}`
}

/** The name in NAME or NAME@VERSION. */
export function nameOfRef(ref: string): string {
  return ref.replace(/@.*$/s, '')
}
