/** Files that were chosen and are not sent: they stay while one looks at other views, and the browser asks before they are lost. */
import { type Signal, signal } from '@preact/signals'
import { t } from '../text.ts'
import { say } from '../ui/notes.tsx'
import { type Collected, keyOf, type Picked } from './collect.ts'

const forms = new Map<string, Signal<readonly Picked[]>>()

/** The files of a form, the same however often its view is opened. */
export function chosenFor(form: string): Signal<readonly Picked[]> {
  const chosen = forms.get(form) ?? signal<readonly Picked[]>([])
  forms.set(form, chosen)
  return chosen
}

/** Adds what was dropped or picked to what is there; a file that is there already counts once. */
export function addChosen(chosen: Signal<readonly Picked[]>, { images, skipped }: Collected): void {
  const known = new Set(chosen.value.map(keyOf))
  const more = images.filter((one) => !known.has(keyOf(one)))
  if (images.length === 0 && skipped === 0) say(t.drop.nothing)
  if (more.length < images.length) say(t.drop.known(images.length - more.length))
  if (more.length > 0) chosen.value = [...chosen.value, ...more]
}

/** The folders that files came from, by the names that were dropped. */
export function foldersOf(images: readonly Picked[]): string[] {
  return [...new Set(images.flatMap(({ name }) => name.split('/').slice(0, -1).slice(0, 1)))]
}

addEventListener('beforeunload', (event) => {
  if ([...forms.values()].some(({ value }) => value.length > 0)) event.preventDefault()
})
