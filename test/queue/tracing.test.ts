/** One trace from the request through the queue to the worker's steps, in a collector on loopback; and nothing of it when it is off. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'node:test'
import { promisify } from 'node:util'
import { tracingPackages } from '../../src/system/tracing.ts'

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly service: string
  readonly status?: { readonly code?: number }
}

interface Sent {
  readonly resourceSpans: {
    readonly resource: {
      readonly attributes: { readonly key: string; readonly value: { readonly stringValue?: string } }[]
    }
    readonly scopeSpans: { readonly spans: Omit<Span, 'service'>[] }[]
  }[]
}

/** Takes OTLP over HTTP as JSON. */
async function startCollector() {
  const spans: Span[] = []
  const server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = []
      for await (const part of request) parts.push(part as Buffer)
      assert.equal(request.url, '/v1/traces')
      for (const { resource, scopeSpans } of (JSON.parse(Buffer.concat(parts).toString()) as Sent).resourceSpans) {
        const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? ''
        for (const { spans: some } of scopeSpans) spans.push(...some.map((span) => ({ ...span, service })))
      }
      response.setHeader('content-type', 'application/json').end('{}')
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { spans, url: `http://127.0.0.1:${port}`, close: () => server.close() }
}

const isInstalled = async (): Promise<boolean> =>
  (await Promise.allSettled(tracingPackages.map((name) => import(name)))).every(({ status }) => status === 'fulfilled')

test('one trace from the caller through HTTP and the queue to the steps of a job', async (t) => {
  if (!(await isInstalled())) return t.skip('the packages of OpenTelemetry are not installed')
  const collector = await startCollector()
  t.after(() => collector.close())
  const program = new URL('../support/traced-jobs.js', import.meta.url).pathname
  const env = { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }
  const { stdout } = await promisify(execFile)(process.execPath, [program], { env, timeout: 60_000 })
  const { traceparent, done } = JSON.parse(stdout) as { traceparent: string; done: string[] }
  assert.deepEqual(done, ['classify', 'chunk'])
  const [, traceId, callerSpan] = traceparent.split('-')
  const { spans } = collector
  const find = (name: RegExp) => {
    const found = spans.find((span) => name.test(span.name) && span.traceId === traceId)
    return found ?? assert.fail(`no ${name} among ${spans.map((span) => `${span.name} ${span.traceId}`).join('\n')}`)
  }
  const parentOf = (span: Span) => spans.find(({ spanId }) => spanId === span.parentSpanId)
  const request = find(/^POST \/v1\/models\/:name\/classify$/)
  assert.equal(request.parentSpanId, callerSpan)
  assert.equal(request.service, 'oneclass-api')
  const add = find(/^add classify/)
  assert.equal(parentOf(add)?.spanId, request.spanId)
  const run = find(/^process classify/)
  assert.equal(parentOf(run)?.spanId, add.spanId)
  assert.equal(parentOf(find(/^decode$/))?.spanId, run.spanId)
  assert.equal(find(/^decode$/).status?.code, 2, 'what went wrong is marked')
  const batch = find(/^POST \/v1\/models\/:name\/batches$/)
  assert.ok(spans.some(({ name, traceId: of }) => /^process chunk/.test(name) && of === batch.traceId))
  assert.ok(!JSON.stringify(spans).includes('secret.jpg'), 'no name of an image is told')
})
