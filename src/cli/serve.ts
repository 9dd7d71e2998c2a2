/** `oneclass serve`: the command, and what it prints. */
import { resolve } from 'node:path'
import { readOutside } from '../api/http/outside.ts'
import { OneclassError } from '../errors.ts'
import { readConfig } from '../system/config.ts'
import { collectLessOften } from '../system/heap.ts'
import { plural } from '../wire/plural.ts'
import { type Command, deviceOption } from './command.ts'
import { graceMs, type ServeOptions, startServing } from './start-serving.ts'
import { flag, list, number, text } from './values.ts'

export const serve: Command = {
  name: 'serve',
  endsGently: true,
  summary: 'Serve models over HTTP, with workers and, where none is given, a private Redis',
  usage:
    'serve [--host 127.0.0.1] [--port 3000] [--redis URL] [--workers N] [--root DIR|s3://...]... [--allow-url]\n      [--results s3://...]... [--public-url URL] [--base-path /oneclass/] [--trust-proxy ADDRESSES] [--webhook URL]...',
  options: {
    host: {
      type: 'string',
      value: 'HOST',
      description: 'address to listen on (default 127.0.0.1; another needs a key)',
    },
    port: { type: 'string', value: 'PORT', description: 'port to listen on (default 3000; 0: any free one)' },
    redis: { type: 'string', value: 'URL', description: 'Redis to use (default REDIS_URL, else a private one)' },
    workers: { type: 'string', value: 'N', description: 'worker processes (default one a core; 0: only others serve)' },
    root: {
      type: 'string',
      multiple: true,
      value: 'DIR',
      description: 'folder or s3://bucket/prefix whose files requests may name; repeatable',
    },
    results: {
      type: 'string',
      multiple: true,
      value: 's3://...',
      description: 'prefix of a bucket below which batches may have their results written; repeatable',
    },
    'allow-url': { type: 'boolean', description: 'let requests name images by public http(s) address' },
    'public-url': { type: 'string', value: 'URL', description: 'address at which a proxy shows the service' },
    'base-path': {
      type: 'string',
      value: 'PATH',
      description: 'path below which a proxy shows it, such as /oneclass/',
    },
    'trust-proxy': {
      type: 'string',
      value: 'ADDRESSES',
      description: "proxies whose X-Forwarded-For tells the callers' addresses",
    },
    webhook: {
      type: 'string',
      multiple: true,
      value: 'URL',
      description:
        'told when a fit, comparison or batch ends and of drift; signed with ONECLASS_WEBHOOK_SECRET; repeatable',
    },
    ...deviceOption,
  },

  async run({ values, positionals, io }) {
    if (positionals.length > 0) {
      throw new OneclassError('INVALID_ARGUMENT', `"oneclass serve" takes no "${positionals[0]}".`)
    }
    collectLessOften()
    const config = readConfig()
    const port = number(values, 'port', 'whole') ?? 3000
    if (port > 65535) throw new OneclassError('INVALID_ARGUMENT', `Expected --port up to 65535 but received ${port}.`)
    const workers = number(values, 'workers', 'whole')
    const options: ServeOptions = {
      home: io.home,
      host: text(values, 'host') ?? '127.0.0.1',
      port,
      redisUrl: text(values, 'redis') ?? config.redisUrl,
      ...(workers === undefined ? {} : { workers }),
      pin: config.pin,
      roots: list(values, 'root'),
      results: list(values, 'results'),
      ...(config.s3 && { s3: { ...config.s3, proxy: config.proxy } }),
      allowUrl: flag(values, 'allow-url'),
      outside: readOutside({
        ...given('publicUrl', text(values, 'public-url')),
        ...given('basePath', text(values, 'base-path')),
        ...given('trustProxy', text(values, 'trust-proxy')),
      }),
      webhooks: { urls: list(values, 'webhook'), secret: config.webhookSecret },
      traces: config.traces,
      logLevel: config.logLevel,
      searchPath: config.searchPath,
      healthFile: config.healthFile,
    }
    return (await runServe(options, (line) => void io.out(line), io.signal)) === 0 ? 0 : 1
  },
}

function given<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: string })
}

/** Serves until the signal is aborted; resolves with the exit status. */
async function runServe(options: ServeOptions, print: (line: string) => void, signal: AbortSignal): Promise<number> {
  const ends = new Promise<void>((resolveEnd) => {
    if (signal.aborted) resolveEnd()
    signal.addEventListener('abort', () => resolveEnd())
  })
  const serving = await startServing(options, signal).catch((error: unknown) => {
    if (signal.aborted && error instanceof OneclassError && error.code === 'CANCELLED') return undefined
    throw error
  })
  if (serving === undefined) {
    setTimeout(() => process.exit(0), 1000).unref() // clients that wait for Redis would keep it
    return 0
  }
  print(
    `oneclass serves at ${serving.address} (${plural(serving.workers, 'worker')}, Redis: ${serving.redis}; data in ${resolve(options.home)})`,
  )
  print('Fit a model:     oneclass fit DIR --name NAME, or')
  print(`                 curl -F name=NAME ${'-F images=@1.jpg -F images=@2.jpg ...'} ${serving.address}/v1/models`)
  print(`Ask about one:   curl -F image=@photo.jpg '${serving.address}/v1/models/NAME/classify?wait=10'`)
  print(`Read on:         ${serving.address}/docs    (Ctrl-C ends)`)
  await ends
  print('Ending: the jobs at work are finished first (Ctrl-C again: at once).')
  await serving.stop()
  setTimeout(() => process.exit(1), graceMs).unref() // nothing should be left that keeps the process
  return 0
}
