/** Choices of a new model that most people leave alone: images that do not belong, and how closely places are looked at. */
import type { Signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useId } from 'preact/hooks'
import { type AskedDetail, askedDetails } from '../../wire/fit-choices.ts'
import { addChosen } from '../files/chosen.ts'
import { type Picked, totalBytes } from '../files/collect.ts'
import { bytes } from '../format.ts'
import { t } from '../text.ts'
import { DropZone } from '../ui/drop-zone.tsx'
import { ChosenPhotos, FolderField } from './photo-source.tsx'

/** The second drop zone, or the second folder. */
export function Negatives(props: {
  images: Signal<readonly Picked[]>
  folder: Signal<string>
  isLocal: boolean
}): JSX.Element {
  const { images, folder, isLocal } = props
  const n = images.value.length
  return (
    <details class="negatives" data-drop="negatives">
      <summary>
        {t.fit.negatives} {isLocal && n > 0 && <span class="chip numbers">{n}</span>}
      </summary>
      <div class="stack">
        <p class="hint">{t.fit.negativesHelp}</p>
        {isLocal ? (
          <>
            <DropZone compact onFiles={(found) => addChosen(images, found)} />
            {n > 0 && (
              <ChosenPhotos
                images={images.value}
                words={t.fit.chosenOthers(n, bytes(totalBytes(images.value)))}
                onRemove={(one) => (images.value = images.value.filter((other) => other !== one))}
                onClear={() => (images.value = [])}
              />
            )}
          </>
        ) : (
          <FolderField label={t.fit.negativesFolder} value={folder.value} onChange={(next) => (folder.value = next)} />
        )}
      </div>
    </details>
  )
}

/** Times the network's side at which places are looked at. */
export function DetailField(props: { value: AskedDetail; onChange: (next: AskedDetail) => void }): JSX.Element {
  const name = useId()
  return (
    <fieldset class="detail-field">
      <legend class="label">{t.fit.detail}</legend>
      <div class="segments">
        {askedDetails.map((detail) => (
          <label key={detail}>
            <input type="radio" name={name} checked={props.value === detail} onChange={() => props.onChange(detail)} />
            {t.fit.details[detail]}
          </label>
        ))}
      </div>
      <p class="hint">{t.fit.detailHelp[props.value]}</p>
    </fieldset>
  )
}
