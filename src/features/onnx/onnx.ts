/**
 * Opens ONNX networks as backbones. `onnxruntime-node` is loaded when the first network is opened, so commands that
 * need none start fast, and each network has one session a process: reloading leaks (onnxruntime issue 25325).
 * The package runs networks on the calling thread: an embed of 8 images holds it for some 30 ms.
 */
import type { InferenceSession } from 'onnxruntime-node'
import { OneclassError } from '../../errors.ts'
import { usableCpus } from '../../system/cpus.ts'
import type { BackboneManifest } from '../backbone.ts'
import { OnnxBackbone } from './onnx-backbone.ts'
import { checkSession, createSession } from './session.ts'

export interface OnnxOptions {
  /** Default: the CPUs that this process may use. */
  readonly threads?: number
}

interface Open {
  readonly session: Promise<InferenceSession>
  users: number
}

/** By weights, output and threads. */
const sessions = new Map<string, Open>()

/**
 * @param weights the bytes of the .onnx file
 * @throws BACKBONE_INVALID when it is no network or not the one that the manifest describes, DEPENDENCY_MISSING, DEVICE_UNAVAILABLE
 */
export async function openOnnx(
  weights: Uint8Array,
  manifest: BackboneManifest,
  options: OnnxOptions = {},
): Promise<OnnxBackbone> {
  const threads = options.threads ?? usableCpus()
  const names = [manifest.outputs.embedding.name]
  for (const { name } of manifest.outputs.maps ?? []) names.push(name)
  const key = [manifest.sha256, threads, ...names].join(' ')
  await releaseIdle(key)
  const open = sessions.get(key) ?? { session: createSession(weights, threads, names), users: 0 }
  sessions.set(key, open)
  open.users++
  try {
    const session = await open.session
    checkSession(session, manifest)
    return new OnnxBackbone(session, manifest, () => open.users--)
  } catch (error) {
    open.users--
    sessions.delete(key)
    throw error instanceof OneclassError ? error : notLoaded(manifest.file, error)
  }
}

/**
 * Inputs and outputs as the file declares them.
 * @param hidden tensors inside the network to describe too
 * @throws BACKBONE_INVALID
 */
export async function describeOnnx(
  weights: Uint8Array,
  file: string,
  hidden: readonly string[] = [],
): Promise<Pick<InferenceSession, 'inputMetadata' | 'outputMetadata'>> {
  try {
    const session = await createSession(weights, 1, hidden)
    const { inputMetadata, outputMetadata } = session
    await session.release()
    return { inputMetadata, outputMetadata }
  } catch (error) {
    throw error instanceof OneclassError ? error : notLoaded(file, error)
  }
}

/** Frees the sessions that nobody uses, but the one wanted now. */
async function releaseIdle(wanted: string): Promise<void> {
  for (const [key, open] of sessions) {
    if (key === wanted || open.users > 0) continue
    sessions.delete(key)
    await open.session.then((session) => session.release()).catch(() => {})
  }
}

function notLoaded(file: string, cause: unknown): OneclassError {
  const reason = cause instanceof Error ? cause.message.replace(/\s+/g, ' ').slice(0, 200) : String(cause)
  return new OneclassError('BACKBONE_INVALID', `"${file}" cannot be loaded as an ONNX network: ${reason}`, { cause })
}
