/** Settings of V8's heap for processes that live long. */
import { setFlagsFromString } from 'node:v8'

/**
 * Lets the heap triple between two full collections. A worker and a service hold some 20 MiB of objects, while image bytes
 * pass by at tens of MiB a second: V8's own factor for so small a heap means a full collection every second, which cost some
 * 5 % of all CPU time of a batch (`docs/operations.md`). For the process that calls it, at its start; an unknown flag would be ignored.
 */
export function collectLessOften(): void {
  setFlagsFromString('--heap-growing-percent=200')
}
