/**
 * What a component hears of the whole window. Layout effects, since Preact ends other effects only after the next frame: until then a
 * view that is gone would still hear keys, and a key pressed right after a dialog was closed would count twice.
 */
import { useLayoutEffect, useRef } from 'preact/hooks'

/** @param hear always the one of the last drawing is called */
export function useWindowEvent<Name extends keyof WindowEventMap>(
  name: Name,
  hear: (event: WindowEventMap[Name]) => void,
  isOn = true,
): void {
  const latest = useRef(hear)
  latest.current = hear
  useLayoutEffect(() => {
    if (!isOn) return
    const listener = (event: WindowEventMap[Name]) => latest.current(event)
    addEventListener(name, listener)
    return () => removeEventListener(name, listener)
  }, [name, isOn])
}
