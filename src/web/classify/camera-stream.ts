/** The camera of this device, on while a view shows it. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'

/** `lost`: it was taken away while it ran. It is asked for again until it is back. */
type State = 'opening' | 'on' | 'refused' | 'lost'

const againMs = 2000

/** @returns the element to show it in, which the caller renders, and whether there is a picture */
export function useCamera() {
  const video = useRef<HTMLVideoElement>(null)
  const state = useSignal<State>('opening')
  useEffect(() => {
    const element = video.current
    if (element === null) return
    let stream: MediaStream | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    let isOpen = true
    const stop = () => {
      for (const track of stream?.getTracks() ?? []) track.stop()
    }
    const lose = () => {
      if (!isOpen) return
      state.value = 'lost'
      timer = setTimeout(() => void open(), againMs)
    }
    const open = async () => {
      try {
        stream = await navigator.mediaDevices.getUserMedia({
          video: { facingMode: 'environment', width: { ideal: 1280 } },
          audio: false,
        })
        if (!isOpen) return stop()
        stream.getVideoTracks()[0]?.addEventListener('ended', lose)
        element.srcObject = stream
        await element.play()
        state.value = 'on'
      } catch {
        if (state.peek() === 'lost') lose()
        else if (isOpen) state.value = 'refused'
      }
    }
    void open()
    return () => {
      isOpen = false
      clearTimeout(timer)
      stop()
    }
  }, [])
  return { video, state: state.value }
}

/** Pictures that came so far: no more of them come from a camera that was taken away or is blocked, whose last one stays in sight. */
export function picturesOf(video: HTMLVideoElement): number {
  return video.getVideoPlaybackQuality().totalVideoFrames
}
