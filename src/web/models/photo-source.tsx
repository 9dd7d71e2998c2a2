/** Where photos come from: this device, or a folder that the service can read. */
import type { Signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Collected, Picked } from '../files/collect.ts'
import { baseName } from '../format.ts'
import { t } from '../text.ts'
import { DropZone } from '../ui/drop-zone.tsx'
import { Icon } from '../ui/icons.tsx'
import { Picture } from '../ui/picture.tsx'
import { type Source, SourceChoice } from '../ui/source-choice.tsx'
import { TextField } from '../ui/text-field.tsx'
import { service } from './store.ts'

export function PhotoSource(props: {
  source: Signal<Source>
  folder: Signal<string>
  hasImages: boolean
  onFiles: (found: Collected) => void
}): JSX.Element {
  const { source, folder, hasImages, onFiles } = props
  return (
    <>
      <SourceChoice source={source} server={t.fit.serverFolder} />
      {source.value === 'device' ? (
        <DropZone onFiles={onFiles} compact={hasImages} />
      ) : (
        <FolderField value={folder.value} onChange={(next) => (folder.value = next)} label={t.fit.serverFolder} />
      )}
    </>
  )
}

export function FolderField(props: {
  label: string
  value: string
  hint?: string
  onChange: (next: string) => void
}): JSX.Element {
  const { roots } = service.value
  const hint = props.hint ?? t.fit.serverFolderHint
  const known =
    roots === undefined ? hint : roots.length === 0 ? t.compare.noRoots : `${hint} ${t.compare.roots(roots.join(', '))}`
  return <TextField {...props} hint={known} placeholder={roots?.[0] ?? '/photos'} />
}

const atOnce = 120

/** What will be sent, as pictures, each of which can be left out. */
export function ChosenPhotos(props: {
  images: readonly Picked[]
  words: string
  onRemove: (image: Picked) => void
  onClear: () => void
}): JSX.Element {
  const [most, setMost] = useState(atOnce)
  const shown = props.images.slice(0, most)
  return (
    <div class="card stack">
      <div class="row apart">
        <h2 class="numbers">{props.words}</h2>
        <button type="button" class="button quiet small" onClick={props.onClear}>
          {t.fit.clear}
        </button>
      </div>
      <ul class="chosen">
        {shown.map((image) => (
          <li key={`${image.name} ${image.file.size}`} title={image.name}>
            <Picture file={image.file} alt={baseName(image.name)} />
            <button type="button" aria-label={t.fit.removeImage(image.name)} onClick={() => props.onRemove(image)}>
              <Icon name="close" size={14} />
            </button>
          </li>
        ))}
      </ul>
      {shown.length < props.images.length && (
        <button type="button" class="button small" onClick={() => setMost(most + 500)}>
          + {props.images.length - shown.length}
        </button>
      )}
    </div>
  )
}
