/** Do the axes of places hold together, as a file gives them? */
import type { PlaceAxes } from './places.ts'

const most = { channels: 65_536, axes: 256 } as const

/** @throws RangeError or TypeError naming what does not fit */
export function checkAxes({ channels, count, axes, centre, steps }: PlaceAxes): void {
  whole('channels of the maps', channels, most.channels)
  whole('axes of the places', count, most.axes)
  floats('axes of the places', axes, count * channels)
  floats('centre of the places', centre, count)
  floats('steps of the places', steps, count)
  if (!steps.every((step) => step > 0)) throw new RangeError('a step of the places is not above 0')
}

export function whole(name: string, value: number, highest: number): void {
  if (!Number.isSafeInteger(value) || value < 1 || value > highest) throw new RangeError(`${name}: not a count`)
}

export function floats(name: string, array: Float32Array, length: number): void {
  if (!(array instanceof Float32Array) || array.length !== length) throw new RangeError(`${name}: expected ${length}`)
  if (!array.every(Number.isFinite)) throw new RangeError(`${name}: not all numbers are finite`)
}
