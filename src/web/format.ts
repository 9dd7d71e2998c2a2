/** Numbers, sizes, times as people read them. */
const numbers = new Intl.NumberFormat('en')
const dates = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' })
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

export const count = (value: number): string => numbers.format(value)
export const date = (iso: string | null | undefined): string => (iso ? dates.format(new Date(iso)) : '')

export function ago(iso: string | null | undefined): string {
  if (!iso) return ''
  const seconds = (Date.parse(iso) - Date.now()) / 1000
  for (const [unit, size] of [
    ['day', 86400],
    ['hour', 3600],
    ['minute', 60],
  ] as const)
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit)
  return relative.format(Math.round(seconds), 'second')
}

export function bytes(value: number): string {
  if (value < 1024) return `${value} B`
  const units = ['kB', 'MB', 'GB']
  let at = -1
  do {
    value /= 1024
    at++
  } while (value >= 1024 && at < units.length - 1)
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[at]}`
}

export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return ''
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`
}

/** A p-value: as many digits as mean something. */
export function pValue(value: number): string {
  return value >= 0.0995 ? value.toFixed(2) : value >= 0.001 ? value.toFixed(3) : value.toExponential(0)
}

/** A score in [0, 1], 0.5 at the decision; ends are told from what is nearly there. */
export const score = (value: number): string => (value > 0.995 || value < 0.005 ? value.toFixed(3) : value.toFixed(2))

export const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`

export const baseName = (path: string): string => path.split('/').pop() ?? path
