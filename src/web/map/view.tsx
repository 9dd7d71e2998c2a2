/** The map is a chunk of its own, fetched when it is first opened: nobody waits for it who does not look at it. */
import type { ComponentType, JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { t } from '../text.ts'

let Page: ComponentType | null = null

export function MapView(): JSX.Element {
  const [isHere, setHere] = useState(Page !== null)
  useEffect(() => {
    if (Page === null)
      void import('./map-page.tsx').then(({ MapPage }) => {
        Page = MapPage
        setHere(true)
      })
  }, [])
  if (isHere && Page !== null) return <Page />
  return (
    <div class="view">
      <h1>{t.map.title}</h1>
      <p class="muted">{t.common.loading}</p>
    </div>
  )
}
