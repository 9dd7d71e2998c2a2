/** The shell: navigation, theme, key, connection; and the view that the address names. */
import { useSignal, useSignalEffect } from '@preact/signals'
import type { ComponentType, JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { ClassifyView } from './classify/view.tsx'
import { loadModels } from './models/store.ts'
import { ModelsView } from './models/view.tsx'
import { href, route, type View, views } from './routes.ts'
import { key, keyRefused } from './service/connection.ts'
import { takesRequests } from './service/health.ts'
import { type Language, language, languages, setLanguage, t } from './text.ts'
import { setTheme, type Theme, theme } from './theme.ts'
import { Icon } from './ui/icons.tsx'
import { KeyDialog } from './ui/key-dialog.tsx'
import { lazyView } from './ui/lazy-view.tsx'
import { useWindowEvent } from './ui/listen.ts'
import { Toasts } from './ui/notes.tsx'
import { TroubleBanner } from './ui/trouble.tsx'

const pages: Record<View, ComponentType> = {
  models: ModelsView,
  classify: ClassifyView,
  batches: lazyView(
    async () => (await import('./batches/view.tsx')).BatchesView,
    () => t.batches.title,
  ),
  map: lazyView(
    async () => (await import('./map/map-page.tsx')).MapPage,
    () => t.map.title,
  ),
  compare: lazyView(
    async () => (await import('./compare/view.tsx')).CompareView,
    () => t.compare.title,
  ),
  operations: lazyView(
    async () => (await import('./operations/view.tsx')).OperationsView,
    () => t.operations.title,
  ),
}

export function App(): JSX.Element {
  const asksKey = useSignal(false)
  useSignalEffect(() => {
    void key.value
    void route.value.view // others may have made, renamed or removed models meanwhile
    if (takesRequests.value) void loadModels()
  })
  useWindowEvent('focus', () => takesRequests.peek() && void loadModels())
  useSignalEffect(() => {
    if (keyRefused.value) asksKey.value = true
  })
  const { view } = route.value
  const Page = pages[view]
  useEffect(() => {
    document.title = `${t.nav[view]} · ${t.brand}`
  }, [view])

  return (
    <>
      <button type="button" class="skip button" onClick={() => document.getElementById('main')?.focus()}>
        {t.skip}
      </button>
      <header class="side">
        <a class="brand" href={href('models')}>
          <img src="./icon.svg" alt="" width={26} height={26} />
          {t.brand}
        </a>
        <nav aria-label={t.nav.label}>
          {views.map((name) => (
            <a key={name} href={href(name)} {...(name === view ? { 'aria-current': 'page' as const } : {})}>
              <Icon name={name} />
              <span>{t.nav[name]}</span>
            </a>
          ))}
        </nav>
        <div class="side-foot">
          <a class="foot-link" href="./docs" target="_blank" rel="noreferrer">
            <Icon name="book" size={18} />
            <span>{t.nav.docs}</span>
          </a>
          <button type="button" class="foot-link" onClick={() => (asksKey.value = true)}>
            <Icon name="key" size={18} />
            <span>{key.value === null ? t.key.button : t.key.set}</span>
          </button>
          <LanguagePicker />
          <ThemePicker />
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        <Page key={view} />
      </main>
      <TroubleBanner onKey={() => (asksKey.value = true)} />
      {asksKey.value && <KeyDialog onClose={() => (asksKey.value = false)} />}
      <Toasts />
    </>
  )
}

function LanguagePicker(): JSX.Element {
  return (
    <select
      class="language"
      aria-label={t.language}
      value={language.value}
      onChange={(event) => void setLanguage(event.currentTarget.value as Language, true)}
    >
      {Object.entries(languages).map(([name, called]) => (
        <option key={name} value={name} lang={name}>
          {called}
        </option>
      ))}
    </select>
  )
}

const themeIcons = { system: 'auto', light: 'sun', dark: 'moon' } as const

function ThemePicker(): JSX.Element {
  return (
    <fieldset class="themes">
      <legend class="hidden">{t.theme.label}</legend>
      {(['system', 'light', 'dark'] as const satisfies readonly Theme[]).map((name) => (
        <label key={name} title={t.theme[name]}>
          <input type="radio" name="theme" checked={theme.value === name} onChange={() => setTheme(name)} />
          <Icon name={themeIcons[name]} size={18} />
          <span class="hidden">{t.theme[name]}</span>
        </label>
      ))}
    </fieldset>
  )
}
