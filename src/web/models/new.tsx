/** A new model, or the next version of one: photos, a name, how strict; then the fit, live. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useCallback, useRef, useState } from 'preact/hooks'
import type { AskedDetail } from '../../wire/fit-choices.ts'
import { addChosen, chosenFor, foldersOf } from '../files/chosen.ts'
import { type Collected, type Picked, totalBytes } from '../files/collect.ts'
import { takeHanded } from '../files/handed.ts'
import { bytes } from '../format.ts'
import { href, noteQuery, route } from '../routes.ts'
import { client } from '../service/api.ts'
import { t } from '../text.ts'
import { AlphaSlider } from '../ui/alpha-slider.tsx'
import { ErrorNote } from '../ui/notes.tsx'
import { SendingBar, useSending } from '../ui/sending.tsx'
import type { Source } from '../ui/source-choice.tsx'
import { defaultAlpha, offered } from '../verdict.ts'
import { NameField, namePattern } from './actions.tsx'
import { DetailField, Negatives } from './fit-choices.tsx'
import { FitProgress } from './fit-progress.tsx'
import { NetworkChoice } from './network.tsx'
import { ChosenPhotos, PhotoSource } from './photo-source.tsx'
import { findModel, service, versionsOf } from './store.ts'

const none: readonly Picked[] = []
const leastPhotos = 8
const fewPhotos = 60
const defaultLimits = { maxFitImages: 5000, maxRequestBytes: 512 * 1024 ** 2 }

export function NewModel({ base }: { base: string | null }): JSX.Element {
  const baseModel = findModel(base)
  const [images] = useState(() => {
    const chosen = chosenFor(`model ${base ?? ''}`)
    const handed = takeHanded()
    if (handed.length > 0) chosen.value = [...chosen.value, ...handed]
    return chosen
  })
  const skipped = useSignal(0)
  const source = useSignal<Source>('device')
  const folder = useSignal('')
  const name = useSignal(baseModel?.name ?? asName(foldersOf(images.value)[0] ?? ''))
  const network = useSignal('')
  const [negatives] = useState(() => chosenFor(`negatives ${base ?? ''}`))
  const otherFolder = useSignal('')
  const detail = useSignal<AskedDetail>('auto')
  /** Null until it is touched: the service knows better, once it has seen how many of the photos are copies. */
  const alpha = useSignal<number | null>(null)
  /** The fit, by its id: it stands in the address, so that it is found again when the page is loaded anew. */
  const job = useSignal(route.value.query.get('job'))
  const sending = useSending()
  const ownName = useRef('')

  const follow = (id: string | null) => {
    job.value = id
    noteQuery({ job: id })
  }
  /** What the last fit was sent, for the way back to it. */
  const sent = useRef<readonly (readonly Picked[])[]>([])
  const again = () => {
    follow(null)
    ;[images.value, negatives.value] = [sent.current[0] ?? [], sent.current[1] ?? []]
  }

  const add = useCallback((found: Collected) => {
    addChosen(images, found)
    skipped.value = found.skipped
    sending.error.value = null
    // the folder's name, for as long as nobody typed another
    const [folderName] = foldersOf(found.images)
    if (folderName !== undefined && (name.value === '' || name.value === ownName.current))
      name.value = ownName.current = asName(folderName)
  }, [])

  const limits = { ...defaultLimits, ...service.value.limits }
  const size = totalBytes(images.value)
  const sentBytes = size + totalBytes(negatives.value)
  const n = images.value.length
  const tooMuch =
    n > limits.maxFitImages
      ? t.drop.tooMany(n, limits.maxFitImages)
      : sentBytes > limits.maxRequestBytes
        ? t.drop.tooBig(bytes(sentBytes), bytes(limits.maxRequestBytes))
        : null
  const least = baseModel ? 1 : leastPhotos
  const isLocal = source.value === 'device'
  /** Without its base it would be a model of the new photos alone. */
  const isGone = base !== null && baseModel === undefined
  const isReady =
    !isGone && namePattern.test(name.value) && (isLocal ? n >= least && tooMuch === null : folder.value.trim() !== '')

  /** What p-values will count among, where that can be told: copies make it fewer. */
  const heldOut = isLocal && n >= leastPhotos && !baseModel ? n : undefined
  const shownAlpha = alpha.value === null ? (baseModel?.alpha ?? defaultAlpha(heldOut)) : offered(alpha.value, heldOut)

  const fit = () =>
    sending.run(async (send) => {
      const called = name.value
      const options = {
        ...(alpha.value === null ? {} : { alpha: shownAlpha }),
        ...(detail.value === 'auto' || baseModel || network.value === 'face' ? {} : { detail: detail.value }),
        ...(network.value === '' || baseModel ? {} : { backbone: network.value }),
        ...(baseModel && called === baseModel.name && base ? { base } : {}),
      }
      if (!isLocal) {
        const others = otherFolder.value.trim()
        const more = others === '' ? {} : { negatives: others }
        const { id } = await client.fitFolder({ name: called, ...options, ...more, folder: folder.value.trim() })
        return follow(id)
      }
      const files = images.value.map(asSent)
      const others = negatives.value.map(asSent)
      const { id } = await send((more) => client.fit(called, files, { ...options, negatives: others, ...more }))
      sent.current = [images.value, negatives.value]
      images.value = negatives.value = none
      follow(id)
    })

  const known = versionsOf(name.value)[0]
  return (
    <div class="view">
      <div class="view-head">
        <div>
          <p class="crumb">
            <a href={href('models')}>{t.models.title}</a>
          </p>
          <h1>{baseModel ? t.fit.nextTitle(baseModel.name) : t.fit.title}</h1>
          {job.value === null && <p>{baseModel ? t.fit.nextLead : t.fit.lead}</p>}
          {job.value === null && isGone && (
            <p class="note error" role="alert">
              {t.models.gone(base)}
            </p>
          )}
        </div>
      </div>
      {job.value ? (
        <FitProgress key={job.value} id={job.value} onAgain={again} />
      ) : (
        <div class="fit-columns">
          <section class="stack">
            <PhotoSource source={source} folder={folder} onFiles={add} hasImages={n > 0} />
            {isLocal && n > 0 && (
              <ChosenPhotos
                images={images.value}
                words={t.fit.chosen(n, bytes(size))}
                onRemove={(one) => (images.value = images.value.filter((other) => other !== one))}
                onClear={() => {
                  images.value = []
                  if (name.value === ownName.current) name.value = ''
                }}
              />
            )}
            {skipped.value > 0 && <p class="hint">{t.drop.skipped(skipped.value)}</p>}
            <Negatives images={negatives} folder={otherFolder} isLocal={isLocal} />
          </section>
          <form
            class="card stack fit-form"
            onSubmit={(event) => {
              event.preventDefault()
              if (isReady && sending.sent.value === null) void fit()
            }}
          >
            <NameField label={t.fit.name} value={name.value} onChange={(next) => (name.value = next)} />
            {known && <p class="hint">{t.fit.nameTaken(known.name, known.version + 1)}</p>}
            {!baseModel && (
              <NetworkChoice
                value={network.value}
                onChange={(next) => (network.value = next)}
                images={isLocal ? images.value : none}
              />
            )}
            {!baseModel && network.value !== 'face' && (
              <DetailField value={detail.value} onChange={(next) => (detail.value = next)} />
            )}
            <AlphaSlider
              alpha={shownAlpha}
              help={t.alpha.fitHelp}
              onChange={(next) => (alpha.value = next)}
              n={heldOut}
            />
            {isLocal && tooMuch && <p class="field-error">{tooMuch}</p>}
            {isLocal && n > 0 && n < least && <p class="hint warn">{t.fit.tooFew(n, leastPhotos)}</p>}
            {isLocal && !baseModel && n >= least && n < fewPhotos && <p class="hint">{t.fit.few(n)}</p>}
            {sending.error.value && <ErrorNote error={sending.error.value} />}
            {!isReady && tooMuch === null && (n === 0 || n >= least) && (
              <p class="hint">{t.fit.needs(isLocal ? n > 0 : folder.value.trim() !== '', name.value !== '')}</p>
            )}
            {sending.sent.value === null ? (
              <button type="submit" class="button primary big" disabled={!isReady}>
                {t.fit.fit}
              </button>
            ) : (
              <SendingBar sending={sending} label={t.fit.uploading} />
            )}
            <p class="hidden" role="status">
              {n > 0 ? t.fit.chosen(n, bytes(size)) : ''}
            </p>
          </form>
        </div>
      )}
    </div>
  )
}

const umlauts: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue', Ä: 'Ae', Ö: 'Oe', Ü: 'Ue', ß: 'ss' }

function asName(folder: string): string {
  return folder
    .normalize('NFC')
    .replace(/[äöüÄÖÜß]/g, (letter) => umlauts[letter] ?? letter)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64)
}

function asSent({ name, file }: Picked): { name: string; bytes: File } {
  return { name, bytes: file }
}
