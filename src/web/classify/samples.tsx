/** Images of the demo that its model has never seen: one click asks about them. */
import type { JSX } from 'preact'
import { client } from '../service/api.ts'
import type { DemoImage } from '../service/types.ts'
import { t } from '../text.ts'
import { useLoad } from '../ui/load.ts'
import { complain } from '../ui/notes.tsx'
import { Picture } from '../ui/picture.tsx'
import { ask } from './asked.ts'

export function Samples({ model }: { model: string }): JSX.Element {
  const { data } = useLoad(() => client.demoImages(), [])
  const pick = async ({ id, url }: DemoImage) => {
    try {
      const blob = await client.picture(url)
      ask([{ name: id, file: new File([blob], id, { type: blob.type }) }], model)
    } catch (error) {
      complain(error)
    }
  }
  return (
    <section class="samples">
      <h2>{t.classify.samples}</h2>
      <ul>
        {(data ?? []).map((image) => (
          <li key={image.id}>
            <button type="button" onClick={() => void pick(image)}>
              <Picture
                path={image.url}
                alt={image.kind === 'positive' ? t.classify.sampleGood : t.classify.sampleBad}
              />
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
