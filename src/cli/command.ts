/** What a command of the command line is. One file a command; `main` finds it, parses its options, and turns errors into exit 1. */
import type { ParseArgsConfig } from 'node:util'

export interface Option {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly multiple?: boolean
  /** What stands for the value in the help, such as `NAME`. */
  readonly value?: string
  readonly description: string
}

/** Values as node:util `parseArgs` returns them. */
export type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

export interface Io {
  /** Results: standard output, a line. Resolves when the reader has taken it. */
  out(text: string): Promise<void>
  /** Progress, notices, errors: standard error, a line. */
  err(text: string): void
  /** Whether standard error is a terminal. */
  readonly isTerminal: boolean
  /** The data directory, from `--home`, `ONECLASS_HOME` or `.oneclass/`. Absolute. */
  readonly home: string
  /** Aborted on SIGINT, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal
}

/** 0 done, 1 failed or misused, 2 done but some images could not be read, 129, 130 and 143 interrupted. */
export type ExitStatus = 0 | 1 | 2 | 129 | 130 | 143

export interface Command {
  readonly name: string
  readonly summary: string
  /** Without `oneclass`, one form a line. */
  readonly usage: string
  readonly options: Readonly<Record<string, Option>>
  /** A signal lets it finish what it has begun. */
  readonly endsGently?: boolean
  /** What is true when a signal ends it, behind "interrupted; ". Default: what is not complete was not saved. */
  readonly interrupted?: string
  run(call: { readonly values: Values; readonly positionals: readonly string[]; readonly io: Io }): Promise<ExitStatus>
}

/** `--home` and `--help`, which every command takes. */
export const commonOptions = {
  home: { type: 'string', value: 'DIR', description: 'data directory (default ONECLASS_HOME, else .oneclass)' },
  help: { type: 'boolean', short: 'h', description: 'show this help' },
} as const satisfies Readonly<Record<string, Option>>

/** `--device`, of commands that run networks; `main` passes it on. */
export const deviceOption = {
  device: { type: 'string', value: 'cpu|cuda', description: 'where networks run (default ONECLASS_DEVICE, else cpu)' },
} as const satisfies Readonly<Record<string, Option>>

export function parseConfig(command: Command): ParseArgsConfig['options'] {
  const entries = Object.entries({ ...command.options, ...commonOptions } as Record<string, Option>)
  return Object.fromEntries(
    entries.map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short ? { short } : {}), ...(multiple ? { multiple } : {}) },
    ]),
  )
}

export function helpOf(command: Command): string {
  const entries = Object.entries({ ...command.options, ...commonOptions } as Record<string, Option>)
  const heads = entries.map(
    ([name, option]) => `${option.short ? `-${option.short}, ` : ''}--${name}${option.value ? ` ${option.value}` : ''}`,
  )
  const width = Math.max(...heads.map((head) => head.length))
  return [
    `${command.summary}\n`,
    'Usage:',
    ...command.usage.split('\n').map((form) => (form.startsWith(' ') ? `  ${form}` : `  oneclass ${form}`)),
    '\nOptions:',
    ...heads.map((head, i) => `  ${head.padEnd(width)}  ${entries[i]?.[1].description}`),
  ].join('\n')
}
