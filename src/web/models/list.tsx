/** All models, the version in use of each in front. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { ago, bytes, count, date } from '../format.ts'
import { href } from '../routes.ts'
import { labelOf, type Model } from '../service/types.ts'
import { t } from '../text.ts'
import { Icon } from '../ui/icons.tsx'
import { offered, oneIn } from '../verdict.ts'
import { ImportButton, ModelMenu } from './actions.tsx'
import { DemoButton } from './demo.tsx'
import { newest, versionsOf } from './store.ts'
import { Strip } from './strip.tsx'
import { FitsUnderWay } from './under-way.tsx'

export function ModelList(): JSX.Element {
  const hasDemo = newest.value.some(({ name }) => name === 'demo')
  return (
    <div class="view">
      <div class="view-head">
        <div>
          <h1>{t.models.title}</h1>
          <p>{t.models.lead}</p>
        </div>
        <div class="row">
          <ImportButton />
          <a class="button primary" href={href('models', null, { new: '1' })}>
            <Icon name="plus" size={18} />
            {t.models.new}
          </a>
        </div>
      </div>
      <FitsUnderWay />
      <ul class="model-list">
        {newest.value.map((model) => (
          <ModelCard key={model.name} model={model} />
        ))}
      </ul>
      {!hasDemo && (
        <div class="row hint">
          <DemoButton />
          <span>{t.models.demoWhat}</span>
        </div>
      )}
    </div>
  )
}

function ModelCard({ model }: { model: Model }): JSX.Element {
  const isOpen = useSignal(false)
  const others = versionsOf(model.name).filter(({ version }) => version !== model.version)
  const label = labelOf(model)
  return (
    <li class="card model-card">
      <div class="model-strip">
        <Strip model={model} />
      </div>
      <div class="model-main">
        <div class="model-title">
          <h2 class="cut">
            <a href={href('models', label)}>{model.name}</a>
          </h2>
          <span class="chip">{t.models.version(model.version)}</span>
          <ModelMenu model={model} all={true} />
        </div>
        <ModelFacts model={model} />
        <div class="row">
          <a class="button primary" href={href('classify', label)}>
            {t.models.classify}
          </a>
          <a class="button" href={href('batches', null, { model: label })}>
            {t.models.batch}
          </a>
          {others.length > 0 && (
            <button
              type="button"
              class="button quiet"
              aria-expanded={isOpen.value}
              onClick={() => (isOpen.value = !isOpen.value)}
            >
              {t.models.others(others.length)}
            </button>
          )}
        </div>
      </div>
      {isOpen.value && (
        <ul class="others">
          {others.map((other) => (
            <li key={other.version}>
              <a href={href('models', labelOf(other))}>{t.models.version(other.version)}</a>
              <span class="muted">
                {t.common.photos(other.n)}, {date(other.createdAt)}, {bytes(other.bytes)}
              </span>
              <ModelMenu model={other} all={false} />
            </li>
          ))}
        </ul>
      )}
    </li>
  )
}

export function ModelFacts({ model }: { model: Model }): JSX.Element {
  return (
    <dl class="mini-facts">
      <div>
        <dt>{t.models.columns.photos}</dt>
        <dd class="numbers">{count(model.n)}</dd>
      </div>
      <div>
        <dt>{t.models.columns.alpha}</dt>
        <dd class="numbers">
          {offered(model.alpha, model.calibrationScores) > model.alpha
            ? t.alpha.nothing
            : t.alpha.most(oneIn(model.alpha))}
        </dd>
      </div>
      <div>
        <dt>{t.models.columns.made}</dt>
        <dd title={date(model.createdAt)}>{ago(model.createdAt)}</dd>
      </div>
      <div>
        <dt>{t.models.columns.size}</dt>
        <dd class="numbers">{bytes(model.bytes)}</dd>
      </div>
    </dl>
  )
}
