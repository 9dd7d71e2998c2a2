/** Images of this device, or of the service's own folders? */
import type { Signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useId } from 'preact/hooks'
import { t } from '../text.ts'

export type Source = 'device' | 'server'

/** @param server what the other choice is called */
export function SourceChoice({ source, server }: { source: Signal<Source>; server: string }): JSX.Element {
  const group = useId()
  return (
    <fieldset class="segments">
      <legend class="hidden">{t.fit.source}</legend>
      {(['device', 'server'] as const).map((name) => (
        <label key={name}>
          <input type="radio" name={group} checked={source.value === name} onChange={() => (source.value = name)} />
          {name === 'device' ? t.fit.thisDevice : server}
        </label>
      ))}
    </fieldset>
  )
}
