/** Photos that one view hands to another: those kept from the camera become a model. */
import type { Picked } from './collect.ts'

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
