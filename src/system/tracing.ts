/**
 * Traces by OpenTelemetry, where `OTEL_EXPORTER_OTLP_ENDPOINT` (or that of traces) names a collector. Off, nothing is loaded and a step
 * costs a comparison. Its packages are optional peers: nobody else installs them, so what is used of them is written down here.
 */
import { OneclassError } from '../errors.ts'

type Attributes = Readonly<Record<string, string | number | boolean>>

export interface Span {
  setAttributes(attributes: Attributes): unknown
  /** 2: it went wrong. */
  setStatus(status: { code: 2; message?: string }): unknown
  end(): void
}

/** A context is opaque: it holds a span. */
type Context = object
type Carrier = Readonly<Record<string, unknown>>

/** Of `@opentelemetry/api`. */
interface Api {
  readonly trace: {
    getTracer(name: string): {
      startSpan(name: string, options: { kind?: number; attributes?: Attributes }, context?: Context): Span
    }
    setSpan(context: Context, span: Span): Context
  }
  readonly context: { active(): Context; with<T>(context: Context, work: () => T): T }
  readonly propagation: { extract(context: Context, carrier: Carrier): Context }
}

interface Sdk {
  NodeTracerProvider: new (options: object) => { register(): void; shutdown(): Promise<void> }
  BatchSpanProcessor: new (exporter: object) => object
}

export const tracingPackages = [
  '@opentelemetry/api',
  '@opentelemetry/sdk-trace-node',
  '@opentelemetry/resources',
  '@opentelemetry/exporter-trace-otlp-http',
  'bullmq-otel',
] as const

let api: Api | undefined

export function isTracing(): boolean {
  return api !== undefined
}

/**
 * Everything else (address, headers, sampler, attributes of the resource) the packages read from the standard variables.
 * @param service name of this part, where `OTEL_SERVICE_NAME` gives none
 * @returns sends what is left, and ends
 * @throws DEPENDENCY_MISSING
 */
export async function startTracing(service: string, version: string): Promise<() => Promise<void>> {
  const loaded = await load<Api>('@opentelemetry/api')
  const { NodeTracerProvider, BatchSpanProcessor } = await load<Sdk>('@opentelemetry/sdk-trace-node')
  const { resourceFromAttributes } = await load<{ resourceFromAttributes(attributes: Attributes): object }>(
    '@opentelemetry/resources',
  )
  const { OTLPTraceExporter } = await load<{ OTLPTraceExporter: new () => object }>(
    '@opentelemetry/exporter-trace-otlp-http',
  )
  const resource = resourceFromAttributes({ 'service.name': service, 'service.version': version })
  const provider = new NodeTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  })
  provider.register()
  api = loaded
  return async () => {
    api = undefined
    await provider.shutdown().catch(() => {}) // a collector that is away is no reason to stay
  }
}

/** @throws DEPENDENCY_MISSING */
export async function load<T>(name: (typeof tracingPackages)[number]): Promise<T> {
  try {
    return (await import(name)) as T
  } catch (cause) {
    const message = `OTEL_EXPORTER_OTLP_ENDPOINT asks for traces, and "${name}" is not installed: npm i ${tracingPackages.join(' ')}`
    throw new OneclassError('DEPENDENCY_MISSING', message, { cause })
  }
}

/** A step of a job as a span below the one that is active. */
export async function traced<T>(name: string, work: () => Promise<T>, attributes: Attributes = {}): Promise<T> {
  if (api === undefined) return await work()
  const { context, trace } = api
  const span = trace.getTracer('oneclass').startSpan(name, { attributes })
  try {
    return await context.with(trace.setSpan(context.active(), span), work)
  } catch (error) {
    span.setStatus({ code: 2, message: error instanceof OneclassError ? error.code : 'INTERNAL' })
    throw error
  } finally {
    span.end()
  }
}

export interface RequestTrace {
  readonly span: Span
  /** Runs work below the span. */
  within(work: () => void): void
}

/** The span of a request, below that of the caller where its headers name one; undefined while nothing is traced. */
export function traceRequest(name: string, headers: Carrier, attributes: Attributes): RequestTrace | undefined {
  if (api === undefined) return undefined
  const { context, propagation, trace } = api
  const above = propagation.extract(context.active(), headers)
  const span = trace.getTracer('oneclass').startSpan(name, { kind: serverKind, attributes }, above)
  const inside = trace.setSpan(above, span)
  return { span, within: (work) => context.with(inside, work) }
}

/** `SpanKind.SERVER`. */
const serverKind = 1
