/** Models: the list, one model, or a new one. */
import type { JSX } from 'preact'
import { route } from '../routes.ts'
import { t } from '../text.ts'
import { ErrorNote } from '../ui/notes.tsx'
import { ModelDetail } from './detail.tsx'
import { EmptyState } from './empty.tsx'
import { ModelList } from './list.tsx'
import { NewModel } from './new.tsx'
import { loadModels, models, modelsError } from './store.ts'

export function ModelsView(): JSX.Element {
  const { argument, query } = route.value
  const base = query.get('base')
  // the form of a next version begins with what is known of its base
  if (query.has('new') && (base === null || models.value !== null)) return <NewModel key={base ?? ''} base={base} />
  if (models.value === null) {
    return (
      <div class="view">
        <h1>{t.models.title}</h1>
        {modelsError.value && <ErrorNote error={modelsError.value} onRetry={() => void loadModels()} />}
      </div>
    )
  }
  if (argument !== null) return <ModelDetail key={argument} label={argument} />
  return models.value.length === 0 ? <EmptyState /> : <ModelList />
}
