/** Where the API key is typed in. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { key, keyRefused, setKey } from '../service/connection.ts'
import { t } from '../text.ts'
import { Dialog } from './dialog.tsx'

export function KeyDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const [value, setValue] = useState('')
  const [remember, setRemember] = useState(false)
  const wasRefused = keyRefused.value && key.value !== null
  return (
    <Dialog title={keyRefused.value ? t.key.title : t.key.optional} keeps onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (value.trim() === '') return
          setKey(value.trim(), remember)
          onClose()
        }}
      >
        <p class="muted">{t.key.why}</p>
        {wasRefused && (
          <p class="note error" role="alert">
            {t.key.refused}
          </p>
        )}
        <label class="field">
          <span>{t.key.field}</span>
          <input
            type="password"
            autocomplete="off"
            autofocus
            spellcheck={false}
            value={value}
            onInput={(event) => setValue(event.currentTarget.value)}
          />
        </label>
        <label class="check">
          <input type="checkbox" checked={remember} onChange={(event) => setRemember(event.currentTarget.checked)} />
          {t.key.remember}
        </label>
        <footer class="actions">
          {key.value !== null && (
            <button
              type="button"
              class="button"
              onClick={() => {
                setKey(null, false)
                onClose()
              }}
            >
              {t.key.forget}
            </button>
          )}
          <button type="submit" class="button primary" disabled={value.trim() === ''}>
            {t.key.save}
          </button>
        </footer>
      </form>
    </Dialog>
  )
}
