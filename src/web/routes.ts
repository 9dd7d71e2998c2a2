/** Where one is: `#/view/argument?name=value`. A link is a plain anchor; back and forward work. */
import { signal } from '@preact/signals'

export const views = ['models', 'classify', 'batches', 'map', 'compare', 'operations'] as const
export type View = (typeof views)[number]

export interface Route {
  readonly view: View
  readonly argument: string | null
  readonly query: URLSearchParams
}

/** What `route` was read from: where the address is another, the browser has yet to say so. */
let known = location.hash
export const route = signal<Route>(parse(known))
addEventListener('hashchange', read)

function read(): void {
  known = location.hash
  route.value = parse(known)
}

export function href(view: View, argument?: string | null, query: Record<string, string> = {}): string {
  const search = new URLSearchParams(query).toString()
  const path = argument == null ? view : `${view}/${encodeURIComponent(argument)}`
  return `#/${path}${search === '' ? '' : `?${search}`}`
}

export function go(view: View, argument?: string | null, query?: Record<string, string>): void {
  location.hash = href(view, argument, query)
}

/** As `go`, without a step in the history: what was there is gone, as the old name of a model. */
export function replace(view: View, argument: string): void {
  history.replaceState(null, '', href(view, argument))
  read()
}

/**
 * Puts values into the query of the address, or takes them out, without a step in the history: a reload finds them again. Of a view that
 * was left this moment nothing is noted: it would take the place of the address that was gone to.
 */
export function noteQuery(values: Readonly<Record<string, string | null>>): void {
  if (location.hash !== known) return
  const { view, argument, query } = route.peek()
  for (const [name, value] of Object.entries(values))
    if (value === null || value === '') query.delete(name)
    else query.set(name, value)
  history.replaceState(null, '', href(view, argument, Object.fromEntries(query)))
  known = location.hash
}

function parse(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?')
  const [first = '', second] = path.split('/')
  const view = (views as readonly string[]).includes(first) ? (first as View) : 'models'
  return { view, argument: second ? decode(second) : null, query: new URLSearchParams(search) }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
