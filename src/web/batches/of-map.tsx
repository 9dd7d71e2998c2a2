/** Said above the grid while it shows only what was picked on the map; and the way back. */
import type { JSX } from 'preact'
import { t } from '../text.ts'
import { picked } from './picked.ts'

export function OfMap({ count }: { count: number }): JSX.Element {
  return (
    <p class="note row">
      {t.batches.ofMap(count)}
      <button type="button" class="button small" onClick={() => (picked.value = null)}>
        {t.batches.showAll}
      </button>
    </p>
  )
}
