/**
 * A name that is cut in the middle where there is no room: its end, which tells files apart, stays. Another name is another element:
 * in the same one its end would move, which browsers count as a layout shift.
 */
import type { JSX } from 'preact'

/** @param kept letters of the end */
export function MiddleCut({ text, kept = 7 }: { text: string; kept?: number }): JSX.Element {
  if (text.length <= kept + 2)
    return (
      <span class="cut" dir="auto">
        {text}
      </span>
    )
  return (
    <span class="middle-cut" dir="auto" key={text}>
      <span>{text.slice(0, -kept)}</span>
      <span>{text.slice(-kept)}</span>
    </span>
  )
}
