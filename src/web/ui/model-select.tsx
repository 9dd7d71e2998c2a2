/** Which model: the newest version of each first, older ones below. */
import type { JSX } from 'preact'
import { useId } from 'preact/hooks'
import { models, newest } from '../models/store.ts'
import { labelOf } from '../service/types.ts'
import { t } from '../text.ts'

export function ModelSelect({
  value,
  onChange,
}: {
  /** NAME@VERSION */
  value: string
  onChange: (label: string) => void
}): JSX.Element {
  const id = useId()
  const first = newest.value.map(labelOf)
  const older = (models.value ?? []).map(labelOf).filter((label) => !first.includes(label))
  return (
    <div class="field inline">
      <label for={id}>{t.common.model}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {first.map((label) => (
          <option key={label} value={label}>
            {label}
          </option>
        ))}
        {older.length > 0 && (
          <optgroup label={t.models.older(older.length)}>
            {older.map((label) => (
              <option key={label} value={label}>
                {label}
              </option>
            ))}
          </optgroup>
        )}
      </select>
    </div>
  )
}
