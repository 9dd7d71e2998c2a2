/** A line of text with its label, and what to know about it below. */
import type { JSX } from 'preact'

export function TextField(props: {
  label: string
  value: string
  hint: string
  onChange: (value: string) => void
  placeholder?: string
  maxLength?: number
  /** Says what is wrong with the value, in the place of the hint. */
  wrong?: string | undefined
}): JSX.Element {
  return (
    <label class="field">
      <span>{props.label}</span>
      <input
        type="text"
        autocomplete="off"
        spellcheck={false}
        {...(props.maxLength === undefined ? {} : { maxLength: props.maxLength })}
        {...(props.placeholder === undefined ? {} : { placeholder: props.placeholder })}
        value={props.value}
        aria-invalid={props.wrong !== undefined}
        onInput={(event) => props.onChange(event.currentTarget.value)}
      />
      <span class={props.wrong === undefined ? 'hint' : 'field-error'}>{props.wrong ?? props.hint}</span>
    </label>
  )
}
