/** Starts the page. */
import { type JSX, render } from 'preact'
import { App } from './app.tsx'
import { watchHealth } from './service/health.ts'
import { language, setLanguage, usualLanguage } from './text.ts'
import { keepPageOnDrop } from './ui/drop-zone.tsx'
import './styles/tokens.css'
import './styles/base.css'
import './styles/shell.css'
import './styles/controls.css'
import './styles/models.css'
import './styles/fit.css'
import './styles/classify.css'
import './styles/heat.css'
import './styles/live.css'
import './styles/all-models.css'
import './styles/batch-list.css'
import './styles/batches.css'
import './styles/review.css'
import './styles/map.css'
import './styles/compare.css'
import './styles/operations.css'

keepPageOnDrop()
watchHealth()
/** Drawn anew when the language changes: words are read while drawing. */
function Root(): JSX.Element {
  return <App key={language.value} />
}

void setLanguage(usualLanguage(), false).then(() => render(<Root />, document.getElementById('app')!))
