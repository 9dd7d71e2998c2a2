/** What can be done to a model: take another version into use, rename, export, import, remove. */
import { batch, useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import { go, href, replace, route } from '../routes.ts'
import { client } from '../service/api.ts'
import { labelOf, type Model } from '../service/types.ts'
import { t } from '../text.ts'
import { Confirm, Dialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icons.tsx'
import { Menu, type MenuItem } from '../ui/menu.tsx'
import { complain, errorWords, type Failure, failureOf, say } from '../ui/notes.tsx'
import { TextField } from '../ui/text-field.tsx'
import { loadModels, models, versionsOf } from './store.ts'

export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** @param all whether removing means every version */
export function ModelMenu({ model, all }: { model: Model; all: boolean }): JSX.Element {
  const open = useSignal<'rename' | 'remove' | null>(null)
  const label = all ? model.name : labelOf(model)
  const items: MenuItem[] = [
    {
      label: t.models.nextVersion,
      icon: 'plus',
      onPick: () => go('models', null, { new: '1', base: labelOf(model) }),
    },
    ...(model.serving ? [] : [{ label: t.models.use, icon: 'check' as const, onPick: () => void useVersion(model) }]),
    ...(all ? [{ label: t.models.rename, icon: 'book' as const, onPick: () => (open.value = 'rename') }] : []),
    { label: t.models.export, icon: 'download', onPick: () => void saveModel(model) },
    { label: t.models.remove, icon: 'close', danger: true, onPick: () => (open.value = 'remove') },
  ]
  const remove = async () => {
    open.value = null
    try {
      await client.remove(label)
      say(t.models.removed(label))
      await loadModels()
      if (all || versionsOf(model.name).length === 0) location.hash = href('models')
    } catch (error) {
      complain(error)
    }
  }
  return (
    <>
      <Menu label={`${t.common.more}: ${label}`} items={items} />
      {open.value === 'rename' && <Rename name={model.name} onClose={() => (open.value = null)} />}
      {open.value === 'remove' && (
        <Confirm
          title={t.models.removeTitle(label)}
          text={all ? t.models.removeAll : t.models.removeOne}
          action={t.models.remove}
          onYes={() => void remove()}
          onClose={() => (open.value = null)}
        />
      )}
    </>
  )
}

/** The version that the bare name means: an older one undoes a fit. */
async function useVersion({ name, version }: Model): Promise<void> {
  try {
    await client.update(name, { use: version })
    say(t.models.used(`${name}@${version}`))
    await loadModels()
  } catch (error) {
    complain(error)
  }
}

async function saveModel(model: Model): Promise<void> {
  try {
    saveBlob(
      new Blob([(await client.exportModel(labelOf(model))) as Uint8Array<ArrayBuffer>]),
      `${labelOf(model)}.oneclass`,
    )
  } catch (error) {
    complain(error)
  }
}

export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 30_000)
}

function Rename({ name, onClose }: { name: string; onClose: () => void }): JSX.Element {
  const value = useSignal(name)
  const error = useSignal<Failure | null>(null)
  const isValid = namePattern.test(value.value)
  const save = async (event: Event) => {
    event.preventDefault()
    if (!isValid || value.value === name) return
    try {
      const next = value.value
      await client.update(name, { name: next })
      say(t.models.renamed(next))
      onClose()
      // the view of the model goes along at once: under the old name there is none
      batch(() => {
        const { view, argument } = route.peek()
        models.value = (models.peek() ?? []).map((one) => (one.name === name ? { ...one, name: next } : one))
        if (view === 'models' && argument?.split('@')[0] === name) replace(view, next + argument.slice(name.length))
      })
      await loadModels()
    } catch (thrown) {
      error.value = failureOf(thrown)
    }
  }
  return (
    <Dialog title={t.models.renameTitle(name)} keeps onClose={onClose}>
      <form onSubmit={(event) => void save(event)}>
        <NameField label={t.models.newName} value={value.value} onChange={(next) => (value.value = next)} />
        {error.value && <p class="field-error">{errorWords(error.value)}</p>}
        <footer class="actions">
          <button type="button" class="button" onClick={onClose}>
            {t.common.cancel}
          </button>
          <button type="submit" class="button primary" disabled={!isValid || value.value === name}>
            {t.models.rename}
          </button>
        </footer>
      </form>
    </Dialog>
  )
}

export function NameField(props: { label: string; value: string; onChange: (value: string) => void }): JSX.Element {
  const isWrong = props.value !== '' && !namePattern.test(props.value)
  return <TextField {...props} maxLength={64} hint={t.fit.nameHint} wrong={isWrong ? t.fit.nameWrong : undefined} />
}

export function ImportButton(): JSX.Element {
  const input = useRef<HTMLInputElement>(null)
  const file = useSignal<File | null>(null)
  const name = useSignal('')
  const error = useSignal<Failure | null>(null)
  const busy = useSignal(false)
  const send = async (event: Event) => {
    event.preventDefault()
    const picked = file.value
    if (picked === null) return
    busy.value = true
    error.value = null
    try {
      await client.importModel({ name: picked.name, bytes: picked }, { name: name.value })
      await loadModels()
      say(t.models.imported(name.value))
      file.value = null
    } catch (thrown) {
      error.value = failureOf(thrown)
    }
    busy.value = false
  }
  return (
    <>
      <button type="button" class="button" onClick={() => input.current?.click()}>
        <Icon name="upload" size={18} />
        {t.models.import}
      </button>
      <input
        ref={input}
        class="file-input"
        type="file"
        tabIndex={-1}
        aria-hidden="true"
        data-pick="model"
        onChange={(event) => {
          const picked = event.currentTarget.files?.[0] ?? null
          event.currentTarget.value = ''
          error.value = null
          name.value = (picked?.name ?? '').replace(/(@\d+)?(\.[a-z]+)?$/i, '').replace(/[^A-Za-z0-9._-]+/g, '-')
          file.value = picked
        }}
      />
      {file.value && (
        <Dialog title={t.models.import} keeps onClose={() => (file.value = null)}>
          <form onSubmit={(event) => void send(event)}>
            <NameField label={t.models.importName} value={name.value} onChange={(next) => (name.value = next)} />
            {error.value && <p class="field-error">{errorWords(error.value)}</p>}
            <footer class="actions">
              <button type="button" class="button" onClick={() => (file.value = null)}>
                {t.common.cancel}
              </button>
              <button type="submit" class="button primary" disabled={busy.value || !namePattern.test(name.value)}>
                {t.models.import}
              </button>
            </footer>
          </form>
        </Dialog>
      )}
    </>
  )
}
