/** A picture in a box of fixed shape: it may come late or not at all, and nothing moves. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { useThumbnail } from '../files/thumbnails.ts'
import { usePicture } from '../service/pictures.ts'
import { Icon } from './icons.tsx'

export interface Size {
  readonly width: number
  readonly height: number
}

export function Picture({
  path,
  file,
  alt,
  fit = 'cover',
}: {
  /** Of the service, used where there is no local file. */
  path?: string | null | undefined
  file?: Blob | undefined
  alt: string
  fit?: 'cover' | 'contain'
}): JSX.Element {
  const local = useThumbnail(file)
  const remote = usePicture(file === undefined ? path : null)
  const url = local ?? remote
  const [broken, setBroken] = useState<string | null>(null)
  return (
    <span class={`picture ${fit}`}>
      {url !== null && url !== broken ? (
        <img src={url} alt={alt} decoding="async" draggable={false} onError={() => setBroken(url)} />
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
  const [broken, setBroken] = useState<string | null>(null)
  const url = props.url !== null && props.url !== broken ? props.url : fallback
  return (
    <span class="picture contain">
      {url !== null && url !== broken ? (
        <img
          src={url}
          alt={alt}
          onError={() => setBroken(url)}
          onLoad={({ currentTarget: { naturalWidth: width, naturalHeight: height } }) =>
            props.onSize?.({ width, height })
          }
        />
      ) : (
        <NoPicture alt={alt} size={34} />
      )}
    </span>
  )
}

function NoPicture({ alt, size }: { alt: string; size: number }): JSX.Element {
  const name = alt === '' ? { 'aria-hidden': true as const } : { role: 'img' as const, 'aria-label': alt }
  return (
    <span class="no-picture" {...name}>
      <Icon name="image" size={size} />
    </span>
  )
}
