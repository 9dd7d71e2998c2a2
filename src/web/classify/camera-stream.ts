/** The camera of this device, on while a view shows it. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'

type State = 'opening' | 'on' | 'refused'

/** @returns the element to show it in, which the caller renders, and whether there is a picture */
export function useCamera() {
  const video = useRef<HTMLVideoElement>(null)
  const state = useSignal<State>('opening')
  useEffect(() => {
    const element = video.current
    if (element === null) return
    let stream: MediaStream | undefined
    let isOpen = true
    const stop = () => {
      for (const track of stream?.getTracks() ?? []) track.stop()
    }
    const open = async () => {
      try {
        stream = await navigator.mediaDevices.getUserMedia({
          video: { facingMode: 'environment', width: { ideal: 1280 } },
          audio: false,
        })
        if (!isOpen) return stop()
        element.srcObject = stream
        await element.play()
        state.value = 'on'
      } catch {
        if (isOpen) state.value = 'refused'
      }
    }
    void open()
    return () => {
      isOpen = false
      stop()
    }
  }, [])
  return { video, state: state.value }
}
