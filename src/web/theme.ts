/** Dark, light, or as the system says. */
import { signal } from '@preact/signals'

export type Theme = 'system' | 'light' | 'dark'
const storageName = 'oneclass.theme'

const chosen = document.documentElement.dataset['theme']
export const theme = signal<Theme>(chosen === 'light' || chosen === 'dark' ? chosen : 'system')

const system = matchMedia('(prefers-color-scheme: dark)')
/** Rises when colours change, for what is drawn on a canvas. */
export const themeChanges = signal(0)
system.addEventListener('change', () => themeChanges.value++)

export function setTheme(next: Theme): void {
  theme.value = next
  if (next === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = next
  try {
    if (next === 'system') localStorage.removeItem(storageName)
    else localStorage.setItem(storageName, next)
  } catch {
    // no storage: until the page is closed
  }
  themeChanges.value++
}

export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}
