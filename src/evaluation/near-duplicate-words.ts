/** How many test images nearly repeat a training image, for the terminal and the report. */
import { plural } from '../wire/plural.ts'
import type { Comparison } from './comparison.ts'

type Data = Pick<Comparison['data'], 'nearDuplicates' | 'nearDuplicatesDropped'>

/** Undefined without any. @param nameOf an image, as it is shown */
export function nearDuplicateWords(
  { nearDuplicates: found, nearDuplicatesDropped: areDropped }: Data,
  nameOf: (image: string) => string,
): string | undefined {
  if (found.length === 0) return undefined
  const some = found.slice(0, 3).map(({ image, of }) => `${nameOf(image)} is much like ${nameOf(of)}`)
  return `${plural(found.length, 'test image nearly repeats', 'test images nearly repeat')} a training image (${areDropped ? 'left out of' : 'kept in'} the test): ${some.join('; ')}${found.length > 3 ? '; and others' : ''}.`
}
