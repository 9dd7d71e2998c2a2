#!/usr/bin/env node
/** The command line: finds the command, parses its options, prints one sentence for an error, and sets the exit status. */
import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { OneclassError, toOneclassError } from '../errors.ts'
import { chooseDevice, readConfig, readDevice, version } from '../system/config.ts'
import { hideSecrets } from '../system/secrets.ts'
import { didYouMean } from '../system/suggest.ts'
import { type Command, type ExitStatus, helpOf, type Io, parseConfig } from './command.ts'
import { commands } from './commands.ts'
import { watchSignals } from './interrupt.ts'

export async function main(args: readonly string[]): Promise<ExitStatus> {
  const [name, ...rest] = args
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${version}\n`)
    return 0
  }
  if (name === 'help' && rest[0] !== undefined) return await main([rest[0], '--help'])
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(`${await overview()}\n`)
    return name === undefined ? 1 : 0
  }
  const interrupts = watchSignals()
  let home: string | undefined
  try {
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (!load) {
      throw new OneclassError(
        'INVALID_ARGUMENT',
        `There is no command "${name}".${didYouMean(name, Object.keys(commands))} "oneclass help" lists them.`,
      )
    }
    const command = await load()
    const { values, positionals } = parse(command, rest)
    if (values['help'] === true) {
      process.stdout.write(`${helpOf(command)}\n`)
      return 0
    }
    if (command.endsGently) interrupts.beGentle()
    if (command.interrupted) interrupts.means(command.interrupted)
    home = typeof values['home'] === 'string' ? resolve(values['home']) : readConfig().home
    if (command.options['device']) await useDevice(values['device'], home)
    const status = await command.run({ values, positionals, io: createIo(home, interrupts.signal) })
    const interrupted = interrupts.status()
    if (interrupted === undefined) return status
    interrupts.means('what it was to do is done')
    interrupts.tell()
    return interrupted
  } catch (error) {
    const interrupted = interrupts.status()
    if (interrupted !== undefined) {
      interrupts.tell()
      return interrupted
    }
    const known = toOneclassError(error)
    const say = (text: string) => process.stderr.write(`${hideSecrets(text)}\n`)
    say(`oneclass: ${known.code}: ${known.message}${whereOf(known, home)}`)
    if (known.code === 'INTERNAL' && error instanceof Error && error.stack) say(error.stack)
    return 1
  } finally {
    interrupts.dispose()
  }
}

/** Whether networks run on another device is found out before any work. @throws INVALID_ARGUMENT, DEPENDENCY_MISSING, DEVICE_UNAVAILABLE */
async function useDevice(asked: unknown, home: string): Promise<void> {
  if (typeof asked === 'string') chooseDevice(asked)
  if (readDevice() === 'cpu') return
  const { openBackbone } = await import('../features/registry.ts')
  await (await openBackbone(undefined, { home })).close()
}

/** What the user of this machine may know besides. */
function whereOf({ code, cause }: OneclassError, home: string | undefined): string {
  const { path } = (cause ?? {}) as { path?: unknown }
  if (code === 'DISK_UNAVAILABLE' && typeof path === 'string') {
    const isBelowHome = home !== undefined && `${path}/`.startsWith(`${home}/`)
    return ` (${path}${isBelowHome ? '; --home or ONECLASS_HOME names another data directory' : ''})`
  }
  return code === 'MODEL_NOT_FOUND' && home !== undefined ? ` (data directory: ${home})` : ''
}

function parse(command: Command, args: string[]) {
  const options = parseConfig(command) ?? {}
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true })
  } catch (error) {
    const dashed = /^Option '([^']+)' argument is ambiguous/.exec((error as Error).message)?.[1]
    if (dashed !== undefined)
      throw new OneclassError(
        'INVALID_ARGUMENT',
        `Expected a value for ${dashed}; one that begins with "-" is written ${dashed}=-VALUE. See "oneclass ${command.name} --help".`,
        { cause: error },
      )
    const [reason = ''] = (error as Error).message.split('. ')
    const unknown = /^Unknown option '--?([^']+)'/.exec(reason)?.[1]
    const meant =
      unknown === undefined
        ? ''
        : didYouMean(
            `--${unknown}`,
            Object.keys(options).map((name) => `--${name}`),
          )
    const sentence = `${reason}.${meant} See "oneclass ${command.name} --help".`
    throw new OneclassError('INVALID_ARGUMENT', sentence, { cause: error })
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
    Object.entries(commands).map(async ([name, load]) => [name, (await load()).summary] as const),
  )
  return [
    'oneclass: one-class image classification. Show it some 200 photos of one thing, ask whether any image belongs.\n',
    'Usage: oneclass COMMAND [options]   (oneclass COMMAND --help explains one)\n',
    ...entries.map(([name, summary]) => `  ${name.padEnd(10)} ${summary}`),
  ].join('\n')
}

const script = process.argv[1]
if (script !== undefined && realpathSync(script) === fileURLToPath(import.meta.url)) {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // a reader that has gone away (`| head`) is no failure of ours
    if (error.code === 'EPIPE') process.exit(0)
    const { code } = toOneclassError(error)
    process.stderr.write(`oneclass: ${code}: Standard output cannot be written (${error.code}): send it elsewhere.\n`)
    process.exit(1)
  })
  // progress and notes that nobody reads any more end no work
  process.stderr.on('error', () => {})
  const status = await main(process.argv.slice(2))
  // what an interrupted command left running must not keep the process
  if (status > 128) process.exit(status)
  process.exitCode = status
  // nor what a failed one did
  if (status === 1) setTimeout(() => process.exit(1), 2000).unref()
}
