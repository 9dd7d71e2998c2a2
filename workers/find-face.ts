/**
 * Looks for a face with the face backbone, which takes an image or says why not. Only faces that it is sure of: it is asked whether the
 * photos are of a person at all, and round parts with holes have something of a face.
 */
import { toOneclassError } from '../src/errors.ts'
import type { ReceivedImage } from '../src/serving/engine.ts'
import type { FaceSeen } from '../src/wire/faces.ts'
import type { WorkerContext } from './context.ts'

/** @throws DEPENDENCY_MISSING where this worker has no face network; errors of the image */
export async function findFace(
  { engine, inference }: Pick<WorkerContext, 'engine' | 'inference'>,
  image: ReceivedImage,
  signal: AbortSignal,
): Promise<FaceSeen> {
  const backbone = await inference.open({ ref: 'face', onlySureFaces: true })
  try {
    await engine.embed(image, backbone, { lane: 'bulk', signal })
    return { image: image.name, face: 'one' }
  } catch (thrown) {
    const { code } = toOneclassError(thrown)
    if (code !== 'NO_FACE' && code !== 'SEVERAL_FACES') throw thrown
    return { image: image.name, face: code === 'NO_FACE' ? 'none' : 'several' }
  }
}
