/** `oneclass backbones list|pull|check`. */
import { OneclassError } from '../errors.ts'
import { pullBackbone } from '../features/catalogue/pull.ts'
import { checkBackbone } from '../features/check.ts'
import { type BackboneInfo, listBackbones } from '../features/registry.ts'
import { readConfig } from '../system/config.ts'
import { type Command, deviceOption, type Io, type Values } from './command.ts'
import { progressLine } from './progress.ts'
import { flag } from './values.ts'

export const backbones: Command = {
  name: 'backbones',
  summary: 'List, pull or check the networks that turn images into features',
  usage: `backbones list [--json]
backbones pull ID
backbones check [ID|FILE.onnx|model.json] [--json]`,
  options: {
    json: { type: 'boolean', description: 'print JSON' },
    ...deviceOption,
  },
  interrupted: 'what was fetched is kept, and the same command goes on from there',

  async run({ values, positionals: [action, ref, ...rest], io }) {
    const perform = Object.hasOwn(actions, action ?? '') ? actions[action as keyof typeof actions] : undefined
    if (!perform || rest.length > 0 || (perform === list && ref !== undefined)) {
      throw new OneclassError(
        'INVALID_ARGUMENT',
        `Expected backbones list, pull ID or check [ID|FILE] but received "${[action, ref, ...rest].join(' ').trim()}".`,
      )
    }
    await perform(ref, values, io)
    return 0
  },
}

const actions = { list, pull, check }

async function list(_ref: string | undefined, values: Values, io: Io): Promise<void> {
  const found = await listBackbones({ home: io.home })
  if (flag(values, 'json')) return await io.out(JSON.stringify(found))
  await io.out(`${'backbone'.padEnd(14)} ${'state'.padEnd(14)}  dim    MB  licence     what`)
  for (const info of found) {
    const cells = [
      info.id.padEnd(14),
      stateOf(info).padEnd(14),
      String(info.dim ?? '').padStart(4),
      (info.bytes === null ? '' : (info.bytes / 1e6).toFixed(1)).padStart(5),
      ` ${(info.license ?? '').padEnd(10)}`,
      ` ${info.description}`,
    ]
    await io.out(cells.join(' ').trimEnd())
  }
}

function stateOf({ kind, isDefault, ready }: BackboneInfo): string {
  if (isDefault) return 'default'
  if (kind === 'face') return ready ? 'ready' : 'not installed'
  return kind === 'available' ? 'to be pulled' : kind
}

async function pull(ref: string | undefined, _values: Values, io: Io): Promise<void> {
  if (ref === undefined) throw new OneclassError('INVALID_ARGUMENT', 'Expected one id: oneclass backbones pull ID.')
  const line = progressLine(io, `pulling ${ref}`)
  try {
    const { manifest, folder, already } = await pullBackbone(ref, {
      home: io.home,
      signal: io.signal,
      proxies: readConfig().proxy,
      onProgress: (received, total) => line.update(received, total ?? 0),
    })
    line.end()
    await io.out(
      `${already ? 'already here' : 'pulled'}: ${manifest.id}, ${((manifest.bytes ?? 0) / 1e6).toFixed(1)} MB, ${manifest.license ?? 'licence not stated'}, in ${folder}`,
    )
  } finally {
    line.end()
  }
}

async function check(ref: string | undefined, values: Values, io: Io): Promise<void> {
  const found = await checkBackbone(ref, { home: io.home })
  if (flag(values, 'json')) return await io.out(JSON.stringify(found))
  for (const notice of found.notices) io.err(notice)
  const { width, height, resize } = found.input
  await io.out(`backbone      ${found.id}`)
  await io.out(`hash          ${found.hash}`)
  await io.out(`embedding     ${found.dim} values`)
  await io.out(`input         ${width} x ${height}, ${resize}`)
  await io.out(`loaded in     ${found.loadMs} ms`)
  await io.out(
    `an image in   ${found.embedMs === null ? 'not measured' : `${found.embedMs} ms`} (${found.threads} threads, decoding not counted)`,
  )
  await io.out(`deterministic ${found.deterministic ? 'yes' : 'no'}`)
}
