/** Which network looks at the photos: the general one, the one for faces, or another that the service has. */
import type { JSX } from 'preact'
import { useId } from 'preact/hooks'
import type { Picked } from '../files/collect.ts'
import { client } from '../service/api.ts'
import type { BackboneView } from '../service/types.ts'
import { t } from '../text.ts'
import { useLoad } from '../ui/load.ts'
import { useFaceCheck } from './face-check.ts'

/** '' stands for the service's default. */
export function NetworkChoice(props: {
  value: string
  onChange: (id: string) => void
  /** Photos of this device: looked through for a face. */
  images: readonly Picked[]
}): JSX.Element {
  const name = useId()
  const { data } = useLoad(() => client.backbones(), [])
  const hasFaces = data?.some(({ kind, ready }) => kind === 'face' && ready) ?? false
  const faces = useFaceCheck(props.images, hasFaces)
  const isUsual = ({ isDefault, kind }: BackboneView) => isDefault || kind === 'face'
  const usual = (data ?? []).filter(isUsual)
  const others = (data ?? []).filter((backbone) => backbone.ready && !isUsual(backbone))
  const choice = (backbone: BackboneView) => {
    const value = backbone.isDefault ? '' : backbone.id
    return (
      <label key={backbone.id} class={backbone.ready ? '' : 'off'}>
        <input
          type="radio"
          name={name}
          checked={props.value === value}
          disabled={!backbone.ready}
          onChange={() => props.onChange(value)}
        />
        <span>
          <strong>{titleOf(backbone)}</strong>
          {/* of other networks their manifest says what they are, in English */}
          <span class="hint" {...(helpOf(backbone) === backbone.description ? { lang: 'en' } : {})}>
            {helpOf(backbone)}
          </span>
        </span>
      </label>
    )
  }
  return (
    <fieldset class="choices network">
      <legend class="label">{t.fit.network}</legend>
      {usual.map(choice)}
      <div role="status">
        {faces && (faces.isPerson || props.value === 'face') && (
          <div class="note face-advice">
            <p>
              {faces.isPerson
                ? t.fit.facesFound(faces.withFace, faces.of)
                : t.fit.facesMissing(faces.withFace, faces.of)}
            </p>
            {faces.isPerson === (props.value !== 'face') && (
              <button type="button" class="button small" onClick={() => props.onChange(faces.isPerson ? 'face' : '')}>
                {faces.isPerson ? t.fit.useFace : t.fit.useGeneral}
              </button>
            )}
          </div>
        )}
      </div>
      <details class="other-networks">
        <summary>{t.fit.otherNetworks}</summary>
        <div class="choices">
          {others.map(choice)}
          <p class="hint">{t.fit.networkFile}</p>
        </div>
      </details>
    </fieldset>
  )
}

function titleOf({ id, kind, isDefault }: BackboneView): string {
  return isDefault ? t.fit.networkGeneral : kind === 'face' ? t.fit.networkFace : id
}

function helpOf({ kind, isDefault, ready, description }: BackboneView): string {
  if (isDefault) return t.fit.networkGeneralHelp
  if (kind !== 'face') return description
  return ready ? t.fit.networkFaceHelp : t.fit.networkFaceMissing
}
