/** `oneclass completion bash|zsh|fish`: a script for the shell, made from the commands themselves. */
import { OneclassError } from '../errors.ts'
import { didYouMean } from '../system/suggest.ts'
import { type Command, commonOptions, type Option } from './command.ts'

const shells = ['bash', 'zsh', 'fish'] as const

export const completion: Command = {
  name: 'completion',
  summary: 'Print completions for bash, zsh or fish',
  usage: `completion bash    (add to ~/.bashrc: source <(oneclass completion bash))
completion zsh     (add to ~/.zshrc: source <(oneclass completion zsh))
completion fish    (save as ~/.config/fish/completions/oneclass.fish)`,
  options: {},

  async run({ positionals, io }) {
    const shell = shells.find((name) => name === positionals[0])
    if (shell === undefined || positionals.length > 1) {
      const received = positionals.join(' ')
      throw new OneclassError(
        'INVALID_ARGUMENT',
        `Expected completion ${shells.join(', ')} but received "${received}".${didYouMean(received, shells)}`,
      )
    }
    const { allCommands } = await import('./commands.ts')
    await io.out(scripts[shell](await allCommands()))
    return 0
  },
}

const scripts: Readonly<Record<(typeof shells)[number], (commands: readonly Command[]) => string>> = {
  bash: (commands) => `_oneclass() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "${names(commands)} help" -- "$word")); return; fi
  case $before in
    --model|--base|--against) COMPREPLY=($(compgen -W "$(oneclass models list --json 2>/dev/null | grep -o '"name":"[^"]*"' | cut -d'"' -f4 | sort -u)" -- "$word")); return ;;
    --format) COMPREPLY=($(compgen -W "table jsonl csv" -- "$word")); return ;;
  esac
  case \${COMP_WORDS[1]} in
${commands.map((command) => `    ${command.name}) words="${[...optionNames(command), ...actionsOf(command)].join(' ')}" ;;`).join('\n')}
    help) words="${names(commands)}" ;;
  esac
  case $word in
    -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
    *) COMPREPLY=($(compgen -W "$(printf '%s\\n' $words | grep -v '^-')" -- "$word") $(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _oneclass oneclass`,

  zsh: (commands) => `#compdef oneclass
_oneclass() {
  if (( CURRENT == 2 )); then
    local -a found=(${commands.map(({ name, summary }) => quoted(`${name}:${summary}`)).join(' ')})
    _describe command found
    return
  fi
  case $words[2] in
${commands
  .map((command) => {
    const options = optionsOf(command).map(([name, { description }]) =>
      quoted(`--${name}[${description.replace(/[[\]:]/g, ' ')}]`),
    )
    const actions = actionsOf(command)
    const rest = actions.length > 0 ? `'1:action:(${actions.join(' ')})' '*:file:_files'` : "'*:file:_files'"
    return `    ${command.name}) shift words; (( CURRENT-- )); _arguments ${options.join(' ')} ${rest} ;;`
  })
  .join('\n')}
  esac
}
compdef _oneclass oneclass`,

  fish: (commands) =>
    [
      ...commands.map(
        ({ name, summary }) => `complete -c oneclass -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
      ),
      ...commands.flatMap((command) => {
        const when = `-n '__fish_seen_subcommand_from ${command.name}'`
        return [
          ...optionsOf(command).map(
            ([name, { type, description }]) =>
              `complete -c oneclass ${when} -l ${name}${type === 'string' ? ' -r' : ''} -d ${quoted(description)}`,
          ),
          ...actionsOf(command).map((action) => `complete -c oneclass ${when} -a ${action}`),
        ]
      }),
    ].join('\n'),
}

function names(commands: readonly Command[]): string {
  return commands.map(({ name }) => name).join(' ')
}

function optionsOf(command: Command): [string, Option][] {
  return Object.entries({ ...command.options, ...commonOptions })
}

function optionNames(command: Command): string[] {
  return optionsOf(command).map(([name]) => `--${name}`)
}

/** `list`, `show`, ... of `models`: second words of its usage in small letters. */
function actionsOf({ name, usage }: Command): string[] {
  const found = usage.split('\n').flatMap((form) => {
    const [first, second = ''] = form.trim().split(/\s+/)
    return first === name && /^[a-z]+(\|[a-z]+)*$/.test(second) ? second.split('|') : []
  })
  return [...new Set(found)]
}

/** For single quotes of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`
}
