/** The same image before all models at once: which of them know it? */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { ManyScoredImage } from '../../client.ts'
import { pValue, score } from '../format.ts'
import { newest } from '../models/store.ts'
import { href } from '../routes.ts'
import { client } from '../service/api.ts'
import { t } from '../text.ts'
import { ErrorNote, errorWords, type Failure, failureOf } from '../ui/notes.tsx'
import { VerdictMark } from '../ui/verdict-mark.tsx'
import { verdictOf, verdictOfError } from '../verdict.ts'
import { type Asked, askAll } from './asked.ts'

/** Whether all models are asked about each image that is looked at; off until somebody asks for it. */
export function AllModels({ one }: { one: Asked }): JSX.Element | null {
  const answer = useSignal<ManyScoredImage | null>(null)
  const error = useSignal<Failure | null>(null)
  const isOn = askAll.value
  useEffect(() => {
    answer.value = null
    error.value = null
    if (!isOn) return
    const controller = new AbortController()
    client
      .classifyMany('all', { name: one.name, bytes: one.file }, { waitSeconds: 120, signal: controller.signal })
      .then((result) => (answer.value = result))
      .catch((thrown) => {
        if (!controller.signal.aborted) error.value = failureOf(thrown)
      })
    return () => controller.abort()
  }, [one.id, isOn])
  if (newest.value.length < 2) return null
  return (
    <section class="all-models" aria-label={t.classify.allModels}>
      <label class="check">
        <input type="checkbox" checked={isOn} onChange={(event) => (askAll.value = event.currentTarget.checked)} />
        {t.classify.allModels}
      </label>
      {error.value && <ErrorNote error={error.value} />}
      {isOn && answer.value === null && error.value === null && <p class="muted">{t.classify.waiting}</p>}
      {answer.value && <Answers answer={answer.value} />}
    </section>
  )
}

function Answers({ answer: { labels, models } }: { answer: ManyScoredImage }): JSX.Element {
  const answers = Object.entries(models).sort(([, a], [, b]) => rank(b) - rank(a))
  return (
    <>
      <p role="status">{labels.length === 0 ? t.classify.noneOf(answers.length) : t.classify.isOneOf(labels)}</p>
      <ul>
        {answers.map(([name, said]) => {
          const verdict = 'error' in said ? verdictOfError(said.error.code) : verdictOf(said, said.alpha)
          return (
            <li key={name}>
              <VerdictMark verdict={verdict} size={16} />
              <span class="hidden">{t.verdict[verdict]}: </span>
              <a class="cut" href={href('classify', name)}>
                {name}
              </a>
              <span class="numbers muted">
                {'error' in said
                  ? errorWords(said.error)
                  : `${t.batches.score(score(said.score))}, ${t.classify.pValue(pValue(said.pValue))}`}
              </span>
            </li>
          )
        })}
      </ul>
    </>
  )
}

function rank(said: ManyScoredImage['models'][string]): number {
  return 'error' in said ? -1 : said.pValue
}
