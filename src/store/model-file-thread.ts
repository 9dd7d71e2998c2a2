/** The other side of `model-file.ts`. */
import { parentPort, workerData } from 'node:worker_threads'
import { toOneclassError } from '../errors.ts'
import { decodeArtifact, encodeArtifact } from './artifact.ts'
import type { ModelFileReply, ModelFileWork } from './model-file.ts'
import { factsOf } from './model-info.ts'

const { bytes, alpha } = workerData as ModelFileWork
let reply: ModelFileReply
try {
  const found = decodeArtifact(bytes)
  const artifact = alpha === undefined ? found : { ...found, alpha }
  const encoded = encodeArtifact(artifact)
  reply = { bytes: encoded, facts: factsOf(artifact, encoded) }
} catch (error) {
  reply = { error: toOneclassError(error).toJSON() }
}
parentPort!.postMessage(reply)
