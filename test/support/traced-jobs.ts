/** A process whose requests and jobs are traced: the service without workers, and a stand-in that takes its jobs. */
import { OneclassError } from '../../src/errors.ts'
import { disconnect } from '../../src/queue/connection.ts'
import { connectConsumer, startConsumer, type Task } from '../../src/queue/consumer.ts'
import type { JobKind } from '../../src/queue/jobs.ts'
import { traceQueues } from '../../src/queue/telemetry.ts'
import { startTracing, traced } from '../../src/system/tracing.ts'
import { startTestApi } from './api.ts'

const endTraces = await startTracing('oneclass-api', '0.0.0')
await traceQueues('0.0.0')
const api = await startTestApi()
const client = connectConsumer(api.redis.url)
const done: string[] = []
const take = <K extends JobKind>(kind: K) =>
  startConsumer({
    kind,
    url: api.redis.url,
    client,
    concurrency: 1,
    async handle(task: Task<K>) {
      done.push(kind)
      await traced('decode', async () => {
        throw new OneclassError('IMAGE_UNREADABLE', `of ${task.id}`)
      })
    },
  })
const consumers = [await take('classify'), await take('chunk')]
const traceparent = `00-${'a1'.repeat(16)}-${'b2'.repeat(8)}-01`
const send = async (path: string, field: string): Promise<void> => {
  const body = new FormData()
  body.append(field, new Blob(['no image']), 'secret.jpg')
  const response = await fetch(api.url(path), { method: 'POST', body, headers: { traceparent } })
  await response.text()
}
await send('/v1/models/thing/classify?wait=5', 'image')
await send('/v1/models/thing/batches', 'images')
while (done.length < 2) await new Promise((resolve) => setTimeout(resolve, 50))
await Promise.all(consumers.map((consumer) => consumer.drain(2000)))
await disconnect(client)
await api.end()
await endTraces()
console.log(JSON.stringify({ traceparent, done }))
