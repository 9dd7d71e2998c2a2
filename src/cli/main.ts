#!/usr/bin/env node
/** The command line: finds the command, parses its options, prints one sentence for an error, and sets the exit status. */
import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { OneclassError, toOneclassError } from '../errors.ts'
import { readConfig, version } from '../system/config.ts'
import { type Command, type ExitStatus, helpOf, type Io, parseConfig } from './command.ts'

/** Loaded when called, so that `--help` and `models list` start no network and no Redis client. */
const commands: Record<string, () => Promise<Command>> = {
  fit: async () => (await import('./fit.ts')).fit,
  score: async () => (await import('./score.ts')).score,
  evaluate: async () => (await import('./evaluate.ts')).evaluate,
  compare: async () => (await import('./compare.ts')).compare,
  serve: async () => (await import('./serve.ts')).serve,
  worker: async () => (await import('./worker.ts')).worker,
  models: async () => (await import('./models.ts')).models,
  keys: async () => (await import('./keys.ts')).keys,
  backbones: async () => (await import('./backbones.ts')).backbones,
  demo: async () => (await import('./demo.ts')).demo,
}

export async function main(args: readonly string[]): Promise<ExitStatus> {
  const [name, ...rest] = args
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${version}\n`)
    return 0
  }
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(`${await overview()}\n`)
    return name === undefined ? 1 : 0
  }
  const stop = new AbortController()
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(1)
    stop.abort()
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  try {
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (!load) {
      throw new OneclassError('INVALID_ARGUMENT', `There is no command "${name}"; "oneclass help" lists them.`)
    }
    const command = await load()
    const { values, positionals } = parse(command, rest)
    if (values['help'] === true) {
      process.stdout.write(`${helpOf(command)}\n`)
      return 0
    }
    const home = typeof values['home'] === 'string' ? resolve(values['home']) : readConfig().home
    return await command.run({ values, positionals, io: createIo(home, stop.signal) })
  } catch (error) {
    const known = toOneclassError(error)
    process.stderr.write(`oneclass: ${known.code}: ${known.message}\n`)
    if (known.code === 'INTERNAL' && error instanceof Error && error.stack) process.stderr.write(`${error.stack}\n`)
    return 1
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

function parse(command: Command, args: string[]) {
  try {
    return parseArgs({ args, options: parseConfig(command) ?? {}, allowPositionals: true, strict: true })
  } catch (error) {
    const reason = (error as Error).message.split('. ')[0]!
    throw new OneclassError('INVALID_ARGUMENT', `${reason}. See "oneclass ${command.name} --help".`, { cause: error })
  }
}

function createIo(home: string, signal: AbortSignal): Io {
  return {
    home,
    signal,
    isTerminal: process.stderr.isTTY === true,
    out: (line) => new Promise((taken) => process.stdout.write(`${line}\n`, () => taken())),
    err: (line) => process.stderr.write(`${line}\n`),
  }
}

async function overview(): Promise<string> {
  const entries = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => [name, (await load()).summary]),
  )
  return [
    'oneclass: one-class image classification. Show it some 200 photos of one thing, ask whether any image belongs.\n',
    'Usage: oneclass COMMAND [options]   (oneclass COMMAND --help explains one)\n',
    ...entries.map(([name, summary]) => `  ${name!.padEnd(10)} ${summary}`),
  ].join('\n')
}

const script = process.argv[1]
if (script !== undefined && realpathSync(script) === fileURLToPath(import.meta.url)) {
  // a reader that has gone away (`| head`) is no failure of ours
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  process.exitCode = await main(process.argv.slice(2))
}
