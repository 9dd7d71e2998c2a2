/** Where files are dropped, picked or pasted: one look and one set of manners in the whole page. */
import type { ComponentChildren, JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { acceptedTypes, type Collected, fromClipboard, fromDrop, fromList } from '../files/collect.ts'
import { t } from '../text.ts'
import { Icon } from './icons.tsx'
import { useWindowEvent } from './listen.ts'

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
      class={`drop ${compact ? 'compact' : ''} ${isOver ? 'over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={(event) => !event.currentTarget.contains(event.relatedTarget as Node | null) && setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        if (event.dataTransfer) void fromDrop(event.dataTransfer, all).then(onFiles)
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

/** Files dropped beside a zone must not make the browser leave the page. */
export function keepPageOnDrop(): void {
  for (const type of ['dragover', 'drop'] as const)
    addEventListener(type, (event) => event.dataTransfer?.types.includes('Files') && event.preventDefault())
}
