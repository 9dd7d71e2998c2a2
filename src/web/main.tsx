/** Starts the page. */
import { render } from 'preact'
import { App } from './app.tsx'
import { watchHealth } from './service/health.ts'
import { keepPageOnDrop } from './ui/drop-zone.tsx'
import './styles/tokens.css'
import './styles/base.css'
import './styles/shell.css'
import './styles/controls.css'
import './styles/models.css'
import './styles/fit.css'
import './styles/classify.css'
import './styles/live.css'
import './styles/batch-list.css'
import './styles/batches.css'
import './styles/review.css'
import './styles/map.css'
import './styles/compare.css'
import './styles/operations.css'

keepPageOnDrop()
watchHealth()
render(<App />, document.getElementById('app')!)
