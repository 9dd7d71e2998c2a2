/** Where files are dropped, picked or pasted: one look and one set of manners in the whole page. */
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { acceptedTypes, type Collected, fromClipboard, fromDrop, fromList } from '../files/collect.ts'
import { t } from '../text.ts'
import { Icon } from './icons.tsx'
import { useWindowEvent } from './listen.ts'
import { say } from './notes.tsx'

export function DropZone({
  onFiles,
  folders = true,
  paste = false,
  all = false,
  compact = false,
  children,
}: {
  onFiles: (found: Collected) => void
  folders?: boolean
  paste?: boolean
  /** Take files that do not look like images too. */
  all?: boolean
  compact?: boolean
  children?: ComponentChildren
}): JSX.Element {
  const [isOver, setOver] = useState(false)
  const files = useRef<HTMLInputElement>(null)
  const folder = useRef<HTMLInputElement>(null)
  const box = useRef<HTMLDivElement>(null)
  const take = useRef((_: DataTransfer) => {})
  take.current = (data) => void fromDrop(data, all).then(onFiles)
  useEffect(() => zoneOf(box, take), [])

  useWindowEvent(
    'paste',
    (event) => {
      const images = fromClipboard(event.clipboardData)
      if (images.length > 0) onFiles({ images, skipped: 0 })
    },
    paste,
  )

  const picked = (input: HTMLInputElement, takeAll: boolean) => {
    const found = fromList(input.files ?? [], takeAll)
    input.value = '' // the same choice again shall count again
    onFiles(found)
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is the mouse's way; the buttons inside are everybody's
    <div
      ref={box}
      class={`drop ${compact ? 'compact' : ''} ${isOver ? 'over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={(event) => !event.currentTarget.contains(event.relatedTarget as Node | null) && setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        event.stopPropagation() // from those that were dropped beside a zone
        if (event.dataTransfer) take.current(event.dataTransfer)
      }}
    >
      <Icon name={folders ? 'folder' : 'image'} size={compact ? 22 : 30} />
      <p class="drop-title">{folders ? t.drop.folder : t.drop.images}</p>
      <div class="drop-actions">
        {folders && (
          <button type="button" class="button" onClick={() => folder.current?.click()}>
            {t.drop.pickFolder}
          </button>
        )}
        <button type="button" class="button" onClick={() => files.current?.click()}>
          {t.drop.pickFiles}
        </button>
        {children}
        {paste && <span class="muted paste-hint">{t.drop.paste}</span>}
      </div>
      <input
        ref={files}
        class="file-input"
        type="file"
        multiple
        accept={all ? undefined : acceptedTypes}
        tabIndex={-1}
        aria-hidden="true"
        data-pick="files"
        onChange={(event) => picked(event.currentTarget, all)}
      />
      {folders && (
        <input
          ref={folder}
          class="file-input"
          type="file"
          multiple
          {...{ webkitdirectory: true }}
          tabIndex={-1}
          aria-hidden="true"
          data-pick="folder"
          onChange={(event) => picked(event.currentTarget, false)}
        />
      )}
    </div>
  )
}

interface Zone {
  readonly box: { readonly current: HTMLElement | null }
  readonly take: { readonly current: (data: DataTransfer) => void }
}
const zones = new Set<Zone>()

/** @returns takes the zone away */
function zoneOf(box: Zone['box'], take: Zone['take']): () => void {
  const zone = { box, take }
  zones.add(zone)
  return () => void zones.delete(zone)
}

/**
 * Files dropped beside a zone: to the only zone in sight, and else to the view. In no case does the browser leave the page for them.
 * @param otherwise what a view without a zone does with them
 */
export function takeStrayDrops(otherwise: (data: DataTransfer) => void): void {
  addEventListener('dragover', (event) => event.dataTransfer?.types.includes('Files') && event.preventDefault())
  addEventListener('drop', (event) => {
    const data = event.dataTransfer
    if (!data?.types.includes('Files')) return
    event.preventDefault()
    const dialog = document.querySelector('dialog:modal')
    const isInSight = ({ box: { current } }: Zone) =>
      current?.checkVisibility() && (dialog === null || dialog.contains(current))
    const [zone, ...others] = [...zones].filter(isInSight)
    if (others.length > 0) say(t.drop.which)
    else if (zone !== undefined) zone.take.current(data)
    else if (dialog === null) otherwise(data)
  })
}
