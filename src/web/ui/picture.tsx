/** A picture in a box of fixed shape: it may come late or not at all, and nothing moves. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { useThumbnail } from '../files/thumbnails.ts'
import { answers, returns } from '../service/connection.ts'
import { usePicture } from '../service/pictures.ts'
import { t } from '../text.ts'
import { Icon } from './icons.tsx'

export interface Size {
  readonly width: number
  readonly height: number
}

/** What became of an address: shown, waiting for the service after a failure, asked for again, or not to be had. */
type Stage = 'first' | 'waits' | 'again' | 'none'

/**
 * The address to show, or null. A picture of the service that did not come is asked for once more as soon as the service answers, and
 * each time that the service comes back.
 */
function useShown(url: string | null) {
  const of = `${url?.startsWith('blob:') ? '' : returns.value} ${url}`
  const [state, setState] = useState<{ of: string; stage: Stage }>({ of, stage: 'first' })
  const stage = state.of === of ? state.stage : 'first'
  const onError = () => {
    if (url?.startsWith('blob:') || stage === 'again') return setState({ of, stage: 'none' })
    setState({ of, stage: 'waits' })
    void answers().then(() => setState((old) => (old.of === of ? { of, stage: 'again' } : old)))
  }
  return { src: stage === 'first' || stage === 'again' ? url : null, stage, onError }
}

export function Picture({
  path,
  file,
  alt,
  fit = 'cover',
}: {
  /** Of the service, used where there is no local file, or one that this browser cannot show. */
  path?: string | null | undefined
  file?: Blob | undefined
  alt: string
  fit?: 'cover' | 'contain'
}): JSX.Element {
  const local = useThumbnail(file)
  const remote = usePicture(file === undefined || local === null ? path : null)
  const { src, stage, onError } = useShown(local ?? remote)
  return (
    <span class={`picture ${fit}`}>
      {src !== null ? (
        <img key={stage} src={src} alt={alt} decoding="async" draggable={false} onError={onError} />
      ) : (
        <NoPicture alt={alt} size={22} />
      )}
    </span>
  )
}

/** A whole image, large; `fallback`, smaller, where it cannot be shown or had. */
export function LargePicture(props: {
  url: string | null
  alt: string
  fallback?: string | null
  /** Told when it is there: of the picture that is shown, upright. */
  onSize?: (size: Size) => void
}): JSX.Element {
  const { alt, fallback = null } = props
  const whole = useShown(props.url)
  const small = useShown(whole.src === null ? fallback : null)
  const { src, stage, onError } = whole.src === null ? small : whole
  return (
    <span class="picture contain">
      {src !== null ? (
        <img
          key={stage}
          src={src}
          alt={alt}
          onError={onError}
          onLoad={({ currentTarget: { naturalWidth: width, naturalHeight: height } }) =>
            props.onSize?.({ width, height })
          }
        />
      ) : (
        <NoPicture alt={alt} size={34} words={whole.stage === 'none' ? t.common.noPicture : undefined} />
      )}
    </span>
  )
}

function NoPicture({ alt, size, words }: { alt: string; size: number; words?: string | undefined }): JSX.Element {
  const name = alt === '' ? { 'aria-hidden': true as const } : { role: 'img' as const, 'aria-label': alt }
  return (
    <span class="no-picture">
      <span {...name}>
        <Icon name="image" size={size} />
      </span>
      {words && <span class="hint">{words}</span>}
    </span>
  )
}
