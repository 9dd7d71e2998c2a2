/** Said above the grid while it shows only what was picked on the map; and the way back. */
import type { JSX } from 'preact'
import { t } from '../text.ts'

export function OfMap({ count, onAll }: { count: number; onAll: () => void }): JSX.Element {
  return (
    <p class="note row">
      {t.batches.ofMap(count)}
      <button type="button" class="button small" onClick={onAll}>
        {t.batches.showAll}
      </button>
    </p>
  )
}
