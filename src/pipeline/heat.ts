/**
 * Where an image is unusual, by a model that looks at places. A model that does not has no heat: what covering parts of an image changes
 * in its score was tried, less what the same does to positives, and shows no defect above what good images reach by chance.
 */
import { OneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { see } from '../features/embed.ts'
import { decodeImage, type ImageSource } from '../images/decode.ts'
import type { Heatmap } from '../wire/result.ts'
import type { Classifier } from './classify.ts'

/**
 * @param backbone the network as the model was fitted with it.
 * @returns undefined for a model that looks at no places. Errors of the image
 */
export async function heatOfImage(
  classifier: Classifier,
  backbone: Backbone,
  source: ImageSource,
): Promise<Heatmap | undefined> {
  if (!classifier.needsMaps) return undefined
  const pixels = await decodeImage(source, backbone.target)
  const [seen] = await see(backbone, [pixels], backbone.maps)
  if (seen === undefined || seen instanceof OneclassError) throw seen ?? new OneclassError('INTERNAL', 'No maps.')
  return classifier.heatOf(seen.maps, pixels.original)
}
