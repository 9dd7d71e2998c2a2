/**
 * The face backbone: finds the face, turns and cuts it out by its landmarks, and embeds it, so that a person's model judges
 * the face and not the scenery. Networks: `@vladmandic/face-api` (an optional package), run by ONNX Runtime.
 *
 * No face: NO_FACE. Several faces: the largest counts when it is clearly the subject, its sides at least 1.4 times (twice the
 * area of) the next one's, so passers-by do no harm; else SEVERAL_FACES, for there is no telling whom the image shows.
 */
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { OneclassError } from '../../errors.ts'
import type { DecodeTarget, Pixels } from '../../images/pixels.ts'
import { usableCpus } from '../../system/cpus.ts'
import { nativeWork } from '../../system/native-work.ts'
import { sha256 } from '../../system/sha256.ts'
import type { Backbone } from '../backbone.ts'
import { createSession, loadRuntime } from '../onnx/session.ts'
import {
  type Anchors,
  alignedSquare,
  cutSquare,
  decodeFaces,
  detectorCanvas,
  type Face,
  faceSquare,
  readAnchors,
} from './face-geometry.ts'
import {
  descriptorNetwork,
  descriptorSide,
  detectorNetwork,
  faceMean,
  landmarkNetwork,
  landmarkSide,
} from './face-networks.ts'
import { FaceWeights, facePackage, findFaceModels } from './face-weights.ts'

/** To be raised when anything here changes the embeddings. */
const recipe = 1

const target: DecodeTarget = { width: 640, height: 640, resize: 'inside' }

/** Longest side on which faces are looked for: first fast, then larger where the first look found none or is in doubt. */
const detectorSides = [384, 512] as const

/** Below this, the first look may have missed the subject and found something in the background. */
const sureConfidence = 0.9

const minConfidence = 0.5

/** How many times the next face's area the largest one must have to be the subject. */
const dominance = 2

interface FaceSessions {
  readonly detector: InferenceSession
  readonly landmarks: InferenceSession
  readonly descriptor: InferenceSession
  readonly anchors: Anchors
  readonly hash: string
}

const opened = new Map<number, Promise<FaceSessions>>()

export interface FaceOptions {
  readonly threads?: number
  /** Take no face that is in doubt: the smaller look must be sure of it. */
  readonly onlySureFaces?: boolean
}

/** @throws DEPENDENCY_MISSING, BACKBONE_INVALID */
export async function openFace(options: FaceOptions = {}): Promise<FaceBackbone> {
  const threads = options.threads ?? usableCpus()
  const sessions = opened.get(threads) ?? openSessions(threads)
  opened.set(threads, sessions)
  try {
    return new FaceBackbone(await sessions, (await loadRuntime()).Tensor, options.onlySureFaces ?? false)
  } catch (error) {
    opened.delete(threads)
    throw error
  }
}

async function openSessions(threads: number): Promise<FaceSessions> {
  const folder = findFaceModels()
  if (folder === undefined) {
    throw new OneclassError(
      'DEPENDENCY_MISSING',
      `The face backbone needs an optional package: run "npm install ${facePackage}".`,
    )
  }
  const detector = new FaceWeights(folder, 'ssd_mobilenetv1_model')
  const landmarks = new FaceWeights(folder, 'face_landmark_68_model')
  const descriptor = new FaceWeights(folder, 'face_recognition_model')
  const settings = [recipe, target, detectorSides, minConfidence, sureConfidence, dominance]
  return {
    detector: await createSession(detectorNetwork(detector), threads, []),
    landmarks: await createSession(landmarkNetwork(landmarks), threads, []),
    descriptor: await createSession(descriptorNetwork(descriptor), threads, []),
    anchors: readAnchors(detector.get('Output/extra_dim').values),
    hash: sha256(JSON.stringify([detector.hash, landmarks.hash, descriptor.hash, settings])),
  }
}

export class FaceBackbone implements Backbone {
  readonly id = 'face'
  readonly hash: string
  readonly dim = 128
  readonly target = target
  readonly #sessions: FaceSessions
  readonly #Tensor: typeof Tensor
  readonly #onlySure: boolean

  constructor(sessions: FaceSessions, tensor: typeof Tensor, onlySure = false) {
    this.hash = sessions.hash
    this.#sessions = sessions
    this.#Tensor = tensor
    this.#onlySure = onlySure
  }

  async embed(images: readonly Pixels[]): Promise<(Float32Array | OneclassError)[]> {
    const results: (Float32Array | OneclassError)[] = []
    // one image at a time: no loss on a CPU, and the event loop turns between them
    for (const image of images) results.push(await this.#embedOne(image))
    return results
  }

  /** Every face of an image, in its pixels, the largest first. */
  async findFaces(image: Pixels): Promise<Face[]> {
    let best: Face[] = []
    for (const side of this.#onlySure ? detectorSides.slice(0, 1) : detectorSides) {
      const { tensor, width, height, scale } = detectorCanvas(image, side)
      const { boxes, scores } = await this.#run(this.#sessions.detector, tensor, [1, 3, height, width])
      const faces = decodeFaces(
        boxes!,
        scores!,
        { width, height },
        this.#sessions.anchors,
        this.#onlySure ? sureConfidence : minConfidence,
      )
      if (faces.length > 0) best = faces.map((face) => scaled(face, 1 / scale))
      if (best.some((face) => face.confidence >= sureConfidence)) break
    }
    return best.sort((a, b) => b.width * b.height - a.width * a.height)
  }

  /** The networks are small and stay for the next opening. */
  async close(): Promise<void> {}

  async #embedOne(image: Pixels): Promise<Float32Array | OneclassError> {
    const [face, next] = await this.findFaces(image)
    if (!face) return new OneclassError('NO_FACE', 'no face was found.')
    if (next && face.width * face.height < dominance * next.width * next.height) {
      return new OneclassError(
        'SEVERAL_FACES',
        'several faces were found and none is clearly the largest: crop the image to one.',
      )
    }
    const around = faceSquare(face)
    const crop = cutSquare(image, around, landmarkSide, faceMean, 255)
    const { points } = await this.#run(this.#sessions.landmarks, crop, [1, 3, landmarkSide, landmarkSide])
    const square = alignedSquare(points!, around)
    const upright = cutSquare(image, square, descriptorSide, faceMean, 255)
    const { descriptor } = await this.#run(this.#sessions.descriptor, upright, [1, 3, descriptorSide, descriptorSide])
    return descriptor!
  }

  async #run(
    session: InferenceSession,
    data: Float32Array,
    shape: readonly number[],
  ): Promise<Record<string, Float32Array>> {
    const image = new this.#Tensor('float32', data, shape)
    const found = await nativeWork(() => session.run({ image }))
    return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, value.data as Float32Array]))
  }
}

function scaled({ confidence, x, y, width, height }: Face, by: number): Face {
  return { confidence, x: x * by, y: y * by, width: width * by, height: height * by }
}
