/** Jobs carry the trace of who asked for them to the worker (`bullmq-otel`), where traces are on (`system/tracing.ts`). */
import type { Telemetry } from 'bullmq'
import { load } from '../system/tracing.ts'

let telemetry: Telemetry | undefined

/** For queues and workers that are opened from now on. @throws DEPENDENCY_MISSING */
export async function traceQueues(version: string): Promise<void> {
  type Package = { BullMQOtel: new (options: { tracerName: string; version: string }) => Telemetry }
  const { BullMQOtel } = await load<Package>('bullmq-otel')
  telemetry = new BullMQOtel({ tracerName: 'oneclass', version })
}

/** Options of a queue or a worker. */
export function queueTelemetry(): { telemetry?: Telemetry } {
  return telemetry === undefined ? {} : { telemetry }
}
