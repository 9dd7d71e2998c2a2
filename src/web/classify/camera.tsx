/** The camera of this device: look, take, ask. It is switched off when the dialog closes. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Picked } from '../files/collect.ts'
import { t } from '../text.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icons.tsx'

export function Camera({ onShot, onClose }: { onShot: (image: Picked) => void; onClose: () => void }): JSX.Element {
  const video = useRef<HTMLVideoElement>(null)
  const isRefused = useSignal(false)
  const isOn = useSignal(false)

  useEffect(() => {
    let stream: MediaStream | undefined
    let isOpen = true
    const open = async () => {
      try {
        stream = await navigator.mediaDevices.getUserMedia({
          video: { facingMode: 'environment', width: { ideal: 1280 } },
          audio: false,
        })
        if (!isOpen) return stop()
        video.current!.srcObject = stream
        await video.current!.play()
        isOn.value = true
      } catch {
        isRefused.value = true
      }
    }
    const stop = () => {
      for (const track of stream?.getTracks() ?? []) track.stop()
    }
    void open()
    return () => {
      isOpen = false
      stop()
    }
  }, [])

  const shoot = () => {
    const { videoWidth, videoHeight } = video.current!
    const canvas = document.createElement('canvas')
    canvas.width = videoWidth
    canvas.height = videoHeight
    canvas.getContext('2d')!.drawImage(video.current!, 0, 0)
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
      {isRefused.value ? (
        <p class="note error" role="alert">
          {t.classify.cameraRefused}
        </p>
      ) : (
        <div class="camera">
          <video ref={video} playsInline muted aria-label={t.classify.cameraTitle} />
        </div>
      )}
      <footer class="actions">
        <button type="button" class="button" onClick={onClose}>
          {t.common.cancel}
        </button>
        <button type="button" class="button primary" disabled={!isOn.value} onClick={shoot}>
          <Icon name="camera" size={18} />
          {t.classify.shoot}
        </button>
      </footer>
    </Dialog>
  )
}
