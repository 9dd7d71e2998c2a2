/** Nothing here yet: what this is, in three steps, and one click that shows it at work. */
import type { JSX } from 'preact'
import { href } from '../routes.ts'
import { t } from '../text.ts'
import { Icon } from '../ui/icons.tsx'
import { VerdictMark } from '../ui/verdict-mark.tsx'
import { ImportButton } from './actions.tsx'
import { DemoButton } from './demo.tsx'
import { FitsUnderWay } from './under-way.tsx'

export function EmptyState(): JSX.Element {
  return (
    <div class="view empty">
      <header class="empty-head">
        <h1>{t.models.emptyTitle}</h1>
        <p>{t.tagline}</p>
        <div class="row">
          <DemoButton isMain />
          <a class="button" href={href('models', null, { new: '1' })}>
            <Icon name="plus" size={18} />
            {t.models.own}
          </a>
          <ImportButton />
        </div>
        <p class="hint">{t.models.demoWhat}</p>
      </header>
      <ol class="steps">
        {t.models.emptySteps.map(([title, text], i) => (
          <li key={title} class="card">
            <StepPicture step={i} />
            <h2>
              <span class="step-number">{i + 1}</span> {title}
            </h2>
            <p class="muted">{text}</p>
          </li>
        ))}
      </ol>
      <FitsUnderWay />
    </div>
  )
}

/** The steps as little scenes: many alike; one asked; many sorted, the odd ones first. */
function StepPicture({ step }: { step: number }): JSX.Element {
  if (step === 0) {
    return (
      <svg class="scene" viewBox="0 0 240 96" aria-hidden="true">
        {Array.from({ length: 24 }, (_, i) => (
          <circle key={i} class="alike" cx={26 + (i % 8) * 27} cy={20 + Math.floor(i / 8) * 28} r="9.5" />
        ))}
      </svg>
    )
  }
  if (step === 1) {
    return (
      <div class="scene pair" aria-hidden="true">
        <VerdictMark verdict="belongs" size={52} />
        <VerdictMark verdict="differs" size={52} />
      </div>
    )
  }
  return (
    <svg class="scene" viewBox="0 0 240 96" aria-hidden="true">
      {[8, 13, 22, 40, 62, 74, 60, 38, 22, 12, 7, 4, 3, 6, 9].map((height, i) => (
        <rect
          key={i}
          class={i > 10 ? 'other' : 'alike'}
          x={14 + i * 14.4}
          y={88 - height}
          width="11"
          height={height}
          rx="2"
        />
      ))}
      <path class="line" d="M171 6v86" />
    </svg>
  )
}
