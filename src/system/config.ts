/**
 * The only reader of the environment. Entry points (the CLI, the worker processes) call `readConfig` once and pass values on.
 * Flags win over variables; an empty variable counts as unset.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { OneclassError } from '../errors.ts'
import type { Proxies } from './proxy.ts'

export interface Config {
  /** `ONECLASS_HOME`: where models, keys and the private Redis live. Absolute. */
  readonly home: string
  /** `REDIS_URL`: see `queue/connection.ts` for the forms. */
  readonly redisUrl: string | undefined
  /** `ONECLASS_LOG`: level of the service's logs. */
  readonly logLevel: LogLevel
  /** `ONECLASS_CONCURRENCY`: cores that one worker process uses. */
  readonly concurrency: number | undefined
  /** `ONECLASS_PIN`, not 0: worker processes may be held to a core each. */
  readonly pin: boolean
  /** `ONECLASS_JOB_LOCK_MS`: after this silence a worker's jobs go to another one. */
  readonly jobLockMs: number | undefined
  /** `ONECLASS_KEY`: the API key that clients and examples send. */
  readonly apiKey: string | undefined
  /** `ONECLASS_WEBHOOK_SECRET`: signs what `serve --webhook` sends. */
  readonly webhookSecret: string | undefined
  /** `OTEL_EXPORTER_OTLP_ENDPOINT` or that of traces is set: traces go there. */
  readonly traces: boolean
  /** `AWS_ACCESS_KEY_ID` and its kin: the object store of `serve --root s3://...`. Undefined without credentials. */
  readonly s3: S3Environment | undefined
  /** `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` (either case): the way out for downloads and to a store. */
  readonly proxy: Proxies
  /** `ONECLASS_HEALTH_FILE`: where `serve` and `worker` say that they are ready, for the health check of a container. */
  readonly healthFile: string | undefined
  /** `PATH`: where `redis-server` is looked for. */
  readonly searchPath: string
}

export interface S3Environment {
  readonly credentials: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken: string | undefined
  }
  readonly region: string
  /** Undefined: that of AWS. */
  readonly endpoint: string | undefined
}

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent'
const logLevels: readonly string[] = ['fatal', 'error', 'warn', 'info', 'debug', 'silent']

export function readConfig(env: Environment = process.env): Config {
  const logLevel = env['ONECLASS_LOG'] || 'info'
  if (!logLevels.includes(logLevel)) {
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `Expected ONECLASS_LOG to be one of ${logLevels.join(', ')} but received "${logLevel}".`,
    )
  }
  return {
    home: resolve(env['ONECLASS_HOME'] || '.oneclass'),
    redisUrl: env['REDIS_URL'] || undefined,
    logLevel: logLevel as LogLevel,
    concurrency: positiveInteger('ONECLASS_CONCURRENCY', env['ONECLASS_CONCURRENCY']),
    pin: env['ONECLASS_PIN'] !== '0',
    jobLockMs: positiveInteger('ONECLASS_JOB_LOCK_MS', env['ONECLASS_JOB_LOCK_MS']),
    apiKey: env['ONECLASS_KEY'] || undefined,
    webhookSecret: env['ONECLASS_WEBHOOK_SECRET'] || undefined,
    traces: Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']),
    s3: readS3(env),
    proxy: {
      https: env['https_proxy'] || env['HTTPS_PROXY'] || undefined,
      http: env['http_proxy'] || env['HTTP_PROXY'] || undefined,
      none: env['no_proxy'] || env['NO_PROXY'] || '',
    },
    healthFile: env['ONECLASS_HEALTH_FILE'] || undefined,
    searchPath: env['PATH'] ?? '',
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/** As the tools of AWS read it. */
function readS3(env: Environment): S3Environment | undefined {
  const [accessKeyId, secretAccessKey] = [env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY']]
  if (!accessKeyId || !secretAccessKey) return undefined
  return {
    credentials: { accessKeyId, secretAccessKey, sessionToken: env['AWS_SESSION_TOKEN'] || undefined },
    region: env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || 'us-east-1',
    endpoint: env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'] || undefined,
  }
}

/** Secrets that a process which decodes images of strangers has no use for. */
export const withoutStoreSecrets = {
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_SESSION_TOKEN: undefined,
}

/**
 * ONNX Runtime, since 1.29 and on Linux and macOS too, sends names and hashes of networks and facts about the machine to Microsoft unless
 * this is set before it is loaded (`onnxruntime/core/platform/posix/telemetry.cc`). Its threads read what the main thread has set: so it
 * is set where a thread is started too. Nothing of ours calls out.
 */
export function sendNothing(): void {
  process.env['ORT_DISABLE_TELEMETRY'] = '1'
}

/** Where networks run. */
export type Device = 'cpu' | 'cuda'

/** `ONECLASS_DEVICE`, default cpu. A variable, since threads and children of this process read it too. @throws INVALID_ARGUMENT */
export function readDevice(env: Environment = process.env): Device {
  const device = env['ONECLASS_DEVICE'] || 'cpu'
  if (device === 'cpu' || device === 'cuda') return device
  throw new OneclassError('INVALID_ARGUMENT', `Expected the device to be cpu or cuda but received "${device}".`)
}

/** For this process and for threads and children that start later. @throws INVALID_ARGUMENT */
export function chooseDevice(device: string): void {
  process.env['ONECLASS_DEVICE'] = readDevice({ ONECLASS_DEVICE: device })
}

/** The environment for a child process: ours, with some values set or (undefined) taken away. */
export function childEnvironment(
  changes: Readonly<Record<string, string | undefined>>,
  defaults: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const merged = { ...defaults, ...process.env, ...changes }
  return Object.fromEntries(Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

function positiveInteger(name: string, text: string | undefined): number | undefined {
  if (!text) return undefined
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) {
    throw new OneclassError('INVALID_ARGUMENT', `Expected ${name} to be a whole number above 0 but received "${text}".`)
  }
  return value
}

/** This package's version, from the package.json above this file. */
export const version: string = (() => {
  for (const up of ['../../', '../../../']) {
    try {
      return (JSON.parse(readFileSync(new URL(`${up}package.json`, import.meta.url), 'utf8')) as { version: string })
        .version
    } catch {
      // dist/src/system/ lies one deeper than src/system/
    }
  }
  return '0.0.0'
})()
