/** A modal dialog: the browser's own, which keeps the focus inside and closes on Escape. */
import type { ComponentChildren, JSX } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { t } from '../text.ts'
import { Icon } from './icons.tsx'
import { TroubleNote } from './trouble.tsx'

export function Dialog({
  title,
  wide = false,
  keeps = false,
  isOpen = true,
  onClose,
  children,
}: {
  title: string
  wide?: boolean
  /** It holds what somebody typed or waits for: a click beside it does not close it. */
  keeps?: boolean
  /** False: out of sight, and what is in it goes on. */
  isOpen?: boolean
  onClose: () => void
  children: ComponentChildren
}): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  /** A click that began inside, as when a text is marked, is not one beside it. */
  const beganBeside = useRef(false)
  // before the next key comes, and while it can still give the focus back
  useLayoutEffect(() => {
    const dialog = ref.current
    if (dialog === null || !isOpen) return
    dialog.showModal()
    return () => dialog.close()
  }, [isOpen])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click beside the dialog closes it, and so does Escape
    <dialog
      ref={ref}
      class={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onPointerDown={(event) => (beganBeside.current = event.target === ref.current)}
      onClick={(event) => !keeps && beganBeside.current && event.target === ref.current && onClose()}
    >
      <div class="dialog-body">
        <header>
          <h2 id={id}>{title}</h2>
          <button type="button" class="button quiet square" aria-label={t.common.close} onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        {children}
        <TroubleNote />
      </div>
    </dialog>
  )
}

/** A question with a yes that does something. */
export function Confirm(props: {
  title: string
  text: string
  action: string
  onYes: () => void
  onClose: () => void
}): JSX.Element {
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <p>{props.text}</p>
      <footer class="actions">
        <button type="button" class="button" onClick={props.onClose}>
          {t.common.cancel}
        </button>
        <button type="button" class="button danger" onClick={props.onYes}>
          {props.action}
        </button>
      </footer>
    </Dialog>
  )
}
