/** The camera of this device: look, take, ask. It is switched off when the dialog closes. */
import type { JSX } from 'preact'
import type { Picked } from '../files/collect.ts'
import { t } from '../text.ts'
import { contextOf } from '../ui/canvas.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icons.tsx'
import { useCamera } from './camera-stream.ts'

export function Camera({ onShot, onClose }: { onShot: (image: Picked) => void; onClose: () => void }): JSX.Element {
  const { video, state } = useCamera()

  const shoot = () => {
    const shown = video.current
    if (shown === null) return
    const canvas = document.createElement('canvas')
    canvas.width = shown.videoWidth
    canvas.height = shown.videoHeight
    contextOf(canvas).drawImage(shown, 0, 0)
    canvas.toBlob(
      (blob) => {
        if (blob === null) return
        const name = `camera-${new Date().toISOString().slice(11, 19).replaceAll(':', '-')}.jpg`
        onShot({ name, file: new File([blob], name, { type: 'image/jpeg' }) })
        onClose()
      },
      'image/jpeg',
      0.92,
    )
  }

  return (
    <Dialog title={t.classify.cameraTitle} wide onClose={onClose}>
      {state === 'refused' ? (
        <p class="note error" role="alert">
          {t.classify.cameraRefused}
        </p>
      ) : (
        <div class="camera">
          <video ref={video} playsInline muted aria-label={t.classify.cameraTitle} />
        </div>
      )}
      {state === 'lost' && (
        <p class="note error" role="alert">
          {t.live.noPicture}
        </p>
      )}
      <footer class="actions">
        <button type="button" class="button" onClick={onClose}>
          {t.common.cancel}
        </button>
        <button type="button" class="button primary" disabled={state !== 'on'} onClick={shoot}>
          <Icon name="camera" size={18} />
          {t.classify.shoot}
        </button>
      </footer>
    </Dialog>
  )
}
