/** A button that opens a short list of actions. Arrow keys move, Escape closes, a click elsewhere too. */
import type { ComponentChildren, JSX, TargetedKeyboardEvent } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Icon, type IconName } from './icons.tsx'
import { useWindowEvent } from './listen.ts'

export interface MenuItem {
  readonly label: string
  readonly icon?: IconName
  readonly danger?: boolean
  readonly onPick: () => void
}

export function Menu({
  label,
  items,
  children,
  plain = false,
}: {
  label: string
  items: readonly MenuItem[]
  children?: ComponentChildren
  plain?: boolean
}): JSX.Element {
  const [isOpen, setOpen] = useState(false)
  const box = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (isOpen) box.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus()
  }, [isOpen])
  useWindowEvent(
    'pointerdown',
    (event) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false)
    },
    isOpen,
  )

  const close = () => {
    setOpen(false)
    button.current?.focus()
  }
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLElement>) => {
    if (!isOpen) return
    const all = [...event.currentTarget.querySelectorAll<HTMLElement>('[role=menuitem]')]
    const at = all.indexOf(document.activeElement as HTMLElement)
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) all[(at + step + all.length) % all.length]?.focus()
    else if (event.key === 'Escape') close()
    else if (event.key === 'Tab') return setOpen(false)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys of the menu inside, heard in one place
    <div class="menu" ref={box} onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        class={`button ${plain ? '' : 'quiet square'}`}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        {...(children === undefined ? { 'aria-label': label } : {})}
        onClick={() => setOpen(!isOpen)}
      >
        {children ?? <Icon name="more" />}
      </button>
      {isOpen && (
        <div class="menu-list" role="menu" aria-label={label}>
          {items.map((item) => (
            <button
              key={item.label}
              type="button"
              role="menuitem"
              tabIndex={-1}
              class={item.danger ? 'danger' : ''}
              onClick={() => {
                close()
                item.onPick()
              }}
            >
              {item.icon && <Icon name={item.icon} size={18} />}
              {item.label}
            </button>
          ))}
        </div>
      )}
    </div>
  )
}
