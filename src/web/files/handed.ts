/** Photos that one view hands to another: those kept from the camera, or dropped where no model is, become one. */
import { go, route } from '../routes.ts'
import { t } from '../text.ts'
import { say } from '../ui/notes.tsx'
import type { Picked } from './collect.ts'
import { fromDrop } from './collect.ts'

let handed: readonly Picked[] = []

export function handOver(images: readonly Picked[]): void {
  handed = images
}

/** What was handed over, once. */
export function takeHanded(): readonly Picked[] {
  const images = handed
  handed = []
  return images
}

/** What is dropped on a view that has no place for it: on those of models it becomes one. */
export function dropOnView(data: DataTransfer): void {
  if (route.peek().view !== 'models') {
    say(t.drop.nowhere)
    return
  }
  void fromDrop(data).then(({ images }) => {
    if (images.length === 0) say(t.drop.nothing)
    else {
      handOver(images)
      go('models', null, { new: '1' })
    }
  })
}
