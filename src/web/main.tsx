/** Starts the page. */
import { type JSX, render } from 'preact'
import { App } from './app.tsx'
import { dropOnView } from './files/handed.ts'
import { watchHealth } from './service/health.ts'
import { language, setLanguage, usualLanguage } from './text.ts'
import { takeStrayDrops } from './ui/drop-zone.tsx'
import './styles/tokens.css'
import './styles/base.css'
import './styles/shell.css'
import './styles/messages.css'
import './styles/shell-narrow.css'
import './styles/buttons.css'
import './styles/fields.css'
import './styles/drop.css'
import './styles/progress.css'
import './styles/dialog.css'
import './styles/pictures.css'
import './styles/tables.css'
import './styles/models.css'
import './styles/fit.css'
import './styles/fit-choices.css'
import './styles/classify.css'
import './styles/opinions.css'
import './styles/tray.css'
import './styles/classify-narrow.css'
import './styles/heat.css'
import './styles/live.css'
import './styles/all-models.css'
import './styles/batch-list.css'
import './styles/batches.css'
import './styles/grid.css'
import './styles/batches-narrow.css'
import './styles/histogram.css'
import './styles/review.css'
import './styles/summary.css'
import './styles/review-narrow.css'
import './styles/map.css'
import './styles/compare.css'
import './styles/operations.css'
import './styles/contrast.css'
import './styles/calm.css'

takeStrayDrops(dropOnView)
watchHealth()
/** Drawn anew when the language changes: words are read while drawing. */
function Root(): JSX.Element {
  return <App key={language.value} />
}

void setLanguage(usualLanguage(), false).then(() => {
  const app = document.getElementById('app')
  if (app === null) throw new Error('index.html has no element "app"')
  render(<Root />, app)
})
