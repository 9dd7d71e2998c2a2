/** Sessions of ONNX Runtime, which is loaded when the first network is opened; and whether a network is what its manifest says. */
import type { InferenceSession } from 'onnxruntime-node'
import { OneclassError } from '../../errors.ts'
import { sendNothing } from '../../system/config.ts'
import { nativeWork } from '../../system/native-work.ts'
import type { BackboneManifest } from '../backbone.ts'
import { deviceError, deviceOptions } from './device.ts'
import { readGraph, withOutput } from './onnx-graph.ts'

/**
 * @param outputs tensors that must be readable, be they outputs of the network or inside it
 * @throws DEPENDENCY_MISSING, DEVICE_UNAVAILABLE, and what ONNX Runtime says of the network
 */
export async function createSession(
  weights: Uint8Array,
  threads: number,
  outputs: readonly string[],
): Promise<InferenceSession> {
  const { InferenceSession, env } = await loadRuntime()
  const device = deviceOptions()
  if (device.executionProviders) env.logLevel = 'fatal' // what fails is thrown too
  let model = weights
  const declared = outputs.length === 0 ? undefined : readGraph(weights)
  for (const name of outputs) {
    const inside = declared?.nodes.some((node) => node.outputs.includes(name)) && !declared.outputs.includes(name)
    if (inside) model = withOutput(model, name)
  }
  const options: InferenceSession.SessionOptions = {
    ...device,
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    // threads that wait by spinning take the cores from those that decode the next images: a third of all time
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  }
  return await nativeWork(() => InferenceSession.create(model, options)).catch((error: unknown) => {
    throw deviceError(error) ?? error
  })
}

export async function loadRuntime(): Promise<typeof import('onnxruntime-node')> {
  sendNothing()
  try {
    return await import('onnxruntime-node')
  } catch (error) {
    throw new OneclassError(
      'DEPENDENCY_MISSING',
      'ONNX Runtime does not load here. Run "npm install onnxruntime-node", on Linux with ONNXRUNTIME_NODE_INSTALL=skip in the environment: without it the package downloads CUDA libraries, which are not used, and npm leaves it out where it cannot.',
      { cause: error },
    )
  }
}

/** The batch that a network insists on. */
export function fixedBatch(session: InferenceSession): number | undefined {
  const first = session.inputMetadata[0]
  const batch = first?.isTensor ? first.shape[0] : undefined
  return typeof batch === 'number' && batch > 0 ? batch : undefined
}

/** @throws BACKBONE_INVALID when the network is not the one that the manifest describes */
export function checkSession(session: InferenceSession, manifest: BackboneManifest): void {
  const { input, outputs } = manifest
  const found = session.inputMetadata.find((candidate) => candidate.name === input.name)
  const invalid = (message: string) =>
    new OneclassError('BACKBONE_INVALID', `The backbone "${manifest.id}" ${message}.`)
  if (!found?.isTensor) throw invalid(`has no input "${input.name}" (it has ${session.inputNames.join(', ')})`)
  if (session.inputNames.length > 1) throw invalid(`needs ${session.inputNames.length} inputs, one is supported`)
  if (found.type !== 'float32') throw invalid(`takes ${found.type} input, float32 is supported`)
  const wanted = input.layout === 'NCHW' ? [3, input.height, input.width] : [input.height, input.width, 3]
  const shape = found.shape.slice(1)
  if (shape.length !== 3 || shape.some((side, i) => isFixed(side) && side !== wanted[i])) {
    throw invalid(`takes input of shape ${found.shape.join(' x ')}, its manifest says n x ${wanted.join(' x ')}`)
  }
  if (input.multipleOf !== undefined && shape.slice(...(input.layout === 'NCHW' ? [1, 3] : [0, 2])).some(isFixed)) {
    throw invalid(`takes input of shape ${found.shape.join(' x ')}, its manifest says that height and width are free`)
  }
  for (const { name, channels, stride } of outputs.maps ?? []) {
    const map = session.outputMetadata.find((candidate) => candidate.name === name)
    if (!map?.isTensor) throw invalid(`has no output "${name}" (it has ${session.outputNames.join(', ')})`)
    const sides = [channels, input.height / stride, input.width / stride]
    if (map.shape.length !== 4 || map.shape.slice(1).some((side, i) => isFixed(side) && side !== sides[i])) {
      throw invalid(
        `has an output "${name}" of shape ${map.shape.join(' x ')}, its manifest says n x ${sides.join(' x ')}`,
      )
    }
  }
  const { name, dim } = outputs.embedding
  const output = session.outputMetadata.find((candidate) => candidate.name === name)
  if (!output?.isTensor) throw invalid(`has no output "${name}" (it has ${session.outputNames.join(', ')})`)
  if (outputs.embedding.token === 'first') {
    const last = output.shape[2]
    if (output.shape.length === 3 && (typeof last !== 'number' || last <= 0 || last === dim)) return
    throw invalid(`has an output "${name}" of shape ${output.shape.join(' x ')}, its manifest says n x tokens x ${dim}`)
  }
  const width = output.shape.slice(1).filter((side) => side !== 1)
  if (width.length > 1 || (typeof width[0] === 'number' && width[0] > 0 && width[0] !== dim)) {
    throw invalid(`has an output "${name}" of shape ${output.shape.join(' x ')}, its manifest says n x ${dim}`)
  }
}

/** Of a side in a shape: other sides are names or negative. */
function isFixed(side: number | string): boolean {
  return typeof side === 'number' && side > 0
}
