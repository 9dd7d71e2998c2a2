/** A few of the photos that a model was taught, so that it is known by sight. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { client } from '../service/api.ts'
import { labelOf, type Model, type Positives } from '../service/types.ts'
import { Picture } from '../ui/picture.tsx'

const known = new Map<string, Promise<Positives | null>>()

/** The pictures and held-out scores of a version's photos, asked for once: a version does not change. */
export function positivesOf(model: Model): Promise<Positives | null> {
  let positives = known.get(model.sha256)
  if (positives === undefined) {
    positives = client.positives(labelOf(model)).catch(() => {
      known.delete(model.sha256)
      return null
    })
    known.set(model.sha256, positives)
  }
  return positives
}

export function usePositives(model: Model | undefined): Positives | null | undefined {
  const [state, setState] = useState<{ sha: string; data: Positives | null }>()
  useEffect(() => {
    if (model === undefined) return
    let current = true
    void positivesOf(model).then((data) => current && setState({ sha: model.sha256, data }))
    return () => {
      current = false
    }
  }, [model?.sha256])
  return state?.sha === model?.sha256 ? state?.data : undefined
}

export function Strip({ model, most = 5 }: { model: Model; most?: number }): JSX.Element {
  const positives = usePositives(model)
  const shown = (positives?.images ?? []).filter(({ thumbnail }) => thumbnail !== null)
  const step = Math.max(1, Math.floor(shown.length / most))
  const some = shown.filter((_, i) => i % step === 0).slice(0, most)
  return (
    <span class="strip" aria-hidden="true">
      {Array.from({ length: most }, (_, i) => (
        <Picture key={i} path={some[i]?.thumbnail} alt="" />
      ))}
    </span>
  )
}
