/** The detectors on one scale from typical to odd, with the place of the decision: do they agree? */
import type { JSX } from 'preact'
import { pValue } from '../format.ts'
import type { Scored } from '../service/types.ts'
import { t } from '../text.ts'
import { VerdictMark } from '../ui/verdict-mark.tsx'

export function Opinions({ result, alpha, n }: { result: Scored; alpha: number; n: number }): JSX.Element {
  const { isolationForest, oneClassSvm, patches, discriminative } = result.detectors
  // log p from 1 (typical) to 1 / (n + 1) (odder than all)
  const place = (p: number) => Math.min(1, Math.max(0, Math.log(p) / Math.log(1 / (n + 1)))) * 100
  return (
    <>
      <h2 class="minor">{t.classify.detectors}</h2>
      <dl class="opinions">
        {(
          [
            [t.classify.forest, isolationForest.pValue],
            [t.classify.svm, oneClassSvm.pValue],
            ...(patches ? [[t.classify.patches, patches.pValue] as const] : []),
            ...(discriminative ? [[t.classify.discriminative, discriminative.pValue] as const] : []),
          ] as const
        ).map(([name, p]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <VerdictMark verdict={p > alpha ? 'belongs' : 'differs'} size={16} />
              <span class="hidden">{t.verdict[p > alpha ? 'belongs' : 'differs']}</span>
              <span class="scale" aria-hidden="true">
                <span class="cut-line" style={{ left: `${place(alpha)}%` }} />
                <span class={`dot ${p > alpha ? 'belongs' : 'differs'}`} style={{ left: `${place(p)}%` }} />
              </span>
              <span class="numbers">{t.classify.pValue(pValue(p))}</span>
            </dd>
          </div>
        ))}
      </dl>
      <div class="opinion-ends" aria-hidden="true">
        <span>{t.classify.typical}</span>
        <span>{t.classify.oddEnd}</span>
      </div>
    </>
  )
}
