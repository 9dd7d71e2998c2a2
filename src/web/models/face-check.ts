/** Are the photos of one person? Some of them are looked through for a face, so that the network for faces can be recommended. */
import { useEffect, useState } from 'preact/hooks'
import type { Picked } from '../files/collect.ts'
import { client } from '../service/api.ts'

/** Photos that are looked through, spread over all. */
const looked = 8
const atOnce = 2
/** Share of them with one face from which on the network for faces is recommended. */
const most = 0.6

export interface FaceCheck {
  /** Photos with a face that is clearly the subject. */
  readonly withFace: number
  readonly of: number
  readonly isPerson: boolean
}

/** @param isPossible does the service have the network? @returns undefined until enough photos are chosen and looked at */
export function useFaceCheck(images: readonly Picked[], isPossible: boolean): FaceCheck | undefined {
  const [found, setFound] = useState<FaceCheck>()
  const isEnough = images.length >= looked
  useEffect(() => {
    setFound(undefined)
    if (!isPossible || !isEnough) return
    const controller = new AbortController()
    // after a moment: folders are often dropped one after the other
    const timer = setTimeout(() => {
      void lookThrough(images, controller.signal).then((check) => {
        if (!controller.signal.aborted) setFound(check)
      })
    }, 400)
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
  }, [images, isPossible, isEnough])
  return found
}

async function lookThrough(images: readonly Picked[], signal: AbortSignal): Promise<FaceCheck | undefined> {
  const spread = Array.from({ length: looked }, (_, i) => Math.floor((i * images.length) / looked))
  const waiting = spread.flatMap((at) => images.slice(at, at + 1))
  let [withFace, of] = [0, 0]
  const ask = async () => {
    for (let one = waiting.shift(); one !== undefined && !signal.aborted; one = waiting.shift()) {
      const { name, file } = one
      // a photo that cannot be read says nothing about the others
      const seen = await client.findFace({ name, bytes: file }, { waitSeconds: 60, signal }).catch(() => undefined)
      if (seen === undefined) continue
      of++
      if (seen.face === 'one') withFace++
    }
  }
  await Promise.all(Array.from({ length: atOnce }, ask))
  return of === 0 ? undefined : { withFace, of, isPerson: withFace >= most * of }
}
