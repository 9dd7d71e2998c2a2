/** A view that is a chunk of its own, fetched when it is first opened: nobody waits for it who does not look at it. */
import type { ComponentType, JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { answers, returns } from '../service/connection.ts'
import { t } from '../text.ts'

/** @param title of the view, for the moment before it is there */
export function lazyView(load: () => Promise<ComponentType>, title: () => string): ComponentType {
  let Page: ComponentType | null = null
  const fetchPage = async () => {
    Page = await load().catch(async () => {
      await answers() // the connection was lost; else the service is a newer one, without this chunk
      return await load()
    })
  }
  return function LazyView(): JSX.Element {
    const [state, setState] = useState<'waits' | 'here' | 'failed'>(Page === null ? 'waits' : 'here')
    useEffect(() => {
      if (Page === null)
        fetchPage().then(
          () => setState('here'),
          () => setState('failed'),
        )
    }, [returns.value])
    if (state === 'here' && Page !== null) return <Page />
    return (
      <div class="view">
        <h1>{title()}</h1>
        {state === 'failed' ? (
          <div class="note error" role="alert">
            <p>{t.common.viewGone}</p>
            <button type="button" class="button small" onClick={() => location.reload()}>
              {t.trouble.reload}
            </button>
          </div>
        ) : (
          <p class="muted">{t.common.loading}</p>
        )}
      </div>
    )
  }
}
