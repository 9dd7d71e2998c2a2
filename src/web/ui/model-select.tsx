/** Which model: the version in use of each first, the others below. */
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
  const others = (models.value ?? []).map(labelOf).filter((label) => !first.includes(label))
  return (
    <div class="field inline">
      <label for={id}>{t.common.model}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {first.map((label) => (
          <option key={label} value={label}>
            {label}
          </option>
        ))}
        {others.length > 0 && (
          <optgroup label={t.models.others(others.length)}>
            {others.map((label) => (
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
