/** The same images by the new version: what was sent from this page is chosen again, with that model. */
import type { JSX } from 'preact'
import { chosenFor } from '../files/chosen.ts'
import { go } from '../routes.ts'
import { type Batch, labelOf, type Model } from '../service/types.ts'
import { t } from '../text.ts'
import type { Item } from './live.ts'
import { pickedOf } from './local-files.ts'

/** Nothing where the page does not have all of the files. */
export function Again(props: { batch: Batch; items: readonly Item[]; made: Model }): JSX.Element | null {
  const files = props.items.flatMap(({ index }) => pickedOf(props.batch.id, index) ?? [])
  if (files.length === 0 || files.length < props.items.length) return null
  const choose = () => {
    chosenFor('batch').value = files
    go('batches', null, { model: labelOf(props.made) })
  }
  return (
    <div class="row">
      <button type="button" class="button" onClick={choose}>
        {t.batches.again(files.length, props.made.version)}
      </button>
    </div>
  )
}
