/** A table that may be wider than the screen: it scrolls in its box, by keys too, so the box takes the focus. */
import type { ComponentChildren, JSX } from 'preact'

export function TableBox({ label, children }: { label: string; children: ComponentChildren }): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (axe: scrollable-region-focusable)
    <section class="table-box" aria-label={label} tabIndex={0}>
      {children}
    </section>
  )
}
