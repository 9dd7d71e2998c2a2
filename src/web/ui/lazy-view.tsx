/** A view that is a chunk of its own, fetched when it is first opened: nobody waits for it who does not look at it. */
import type { ComponentType, JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { t } from '../text.ts'

/** @param title of the view, for the moment before it is there */
export function lazyView(load: () => Promise<ComponentType>, title: () => string): ComponentType {
  let Page: ComponentType | null = null
  return function LazyView(): JSX.Element {
    const [isHere, setHere] = useState(Page !== null)
    useEffect(() => {
      if (Page === null)
        void load().then((found) => {
          Page = found
          setHere(true)
        })
    }, [])
    if (isHere && Page !== null) return <Page />
    return (
      <div class="view">
        <h1>{title()}</h1>
        <p class="muted">{t.common.loading}</p>
      </div>
    )
  }
}
