/** Numbers, sizes, times as people read them, in the language of the page. */
let locale = 'en'
let numbers = new Intl.NumberFormat(locale)
let dates = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })
let relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
const decimals = new Map<string, Intl.NumberFormat>()

export function setLocale(next: string): void {
  locale = next
  numbers = new Intl.NumberFormat(locale)
  dates = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })
  relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  decimals.clear()
}

export const count = (value: number): string => numbers.format(value)
export const date = (iso: string | null | undefined): string => (iso ? dates.format(new Date(iso)) : '')

/** @param digits after the point; without it as many as the number has, up to 6 */
export function decimal(value: number, digits?: number): string {
  const name = String(digits)
  let format = decimals.get(name)
  if (format === undefined) {
    format = new Intl.NumberFormat(locale, {
      minimumFractionDigits: digits ?? 0,
      maximumFractionDigits: digits ?? 6,
      useGrouping: false,
    })
    decimals.set(name, format)
  }
  return format.format(value)
}

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
  return `${decimal(value, value < 10 ? 1 : 0)} ${units[at]}`
}

export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return ''
  seconds = Math.max(1, Math.round(seconds))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** A p-value: as many digits as mean something. */
export function pValue(value: number): string {
  return value >= 0.0995
    ? decimal(value, 2)
    : decimal(value >= 0.001 ? Number(value.toFixed(3)) : Number(value.toPrecision(1)))
}

/** A score in [0, 1], 0.5 at the decision; ends are told from what is nearly there. */
export const score = (value: number): string => decimal(value, value > 0.995 || value < 0.005 ? 3 : 2)

export const percent = (share: number): string => `${decimal(share * 100, share > 0 && share < 0.1 ? 1 : 0)}\u00a0%`

export const baseName = (path: string): string => path.split('/').pop() ?? path
