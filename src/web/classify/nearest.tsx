/** The photos of the model that an image comes nearest to. */
import type { JSX } from 'preact'
import { baseName, decimal } from '../format.ts'
import { usePositives } from '../models/strip.tsx'
import type { Model, Scored } from '../service/types.ts'
import { t } from '../text.ts'
import { Picture } from '../ui/picture.tsx'

const most = 5

export function Nearest({ result, model }: { result: Scored; model: Model }): JSX.Element {
  const positives = usePositives(model)
  return (
    <>
      <h2 class="minor">{t.classify.nearest}</h2>
      <ul class="nearest">
        {result.nearest
          .flatMap((one) => ('image' in one ? one : []))
          .slice(0, most)
          .map((one) => (
            <li key={one.image} title={one.image}>
              <Picture path={positives?.images[one.index]?.thumbnail} alt={baseName(one.image)} />
              <span class="numbers similarity" title={t.classify.similarity(decimal(one.similarity, 3))}>
                {decimal(one.similarity, 2)}
              </span>
            </li>
          ))}
      </ul>
    </>
  )
}
