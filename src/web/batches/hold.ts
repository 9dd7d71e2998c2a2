/** A long press on a touch screen, told from a tap and from the beginning of a scroll. */

const holdMs = 450
let timer: ReturnType<typeof setTimeout> | undefined
let isHeld = false

/** What an element listens to. @param onHold after the finger has rested on it */
export function holding(onHold: () => void) {
  return {
    onPointerDown(event: PointerEvent) {
      isHeld = false
      if (event.pointerType !== 'touch') return
      clearTimeout(timer)
      timer = setTimeout(() => {
        isHeld = true
        onHold()
      }, holdMs)
    },
    onPointerUp: () => clearTimeout(timer),
    // the browser takes the finger for scrolling
    onPointerCancel: () => clearTimeout(timer),
    onContextMenu: (event: Event) => isHeld && event.preventDefault(),
  }
}

/** Is this the click at the end of a long press? It picks nothing more. */
export function endsHold(): boolean {
  const was = isHeld
  isHeld = false
  return was
}
