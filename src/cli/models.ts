/** `oneclass models list|show|set|use|rename|remove|export|import`. */
import { assertAlpha } from '../detectors/calibration.ts'
import { OneclassError } from '../errors.ts'
import { encodeArtifact } from '../store/artifact.ts'
import { alphaWarning, confidenceWarning, fitReport, nounOf } from '../store/fit-facts.ts'
import { modelNameOf, readModelBytes, readModelFile } from '../store/model-file.ts'
import { openRegistry, type Registry } from '../store/registry.ts'
import { assertHomeWritable, standardOutputName, writeOutput } from '../system/files.ts'
import { didYouMean } from '../system/suggest.ts'
import { labelOf } from '../wire/label.ts'
import type { Command, Io, Values } from './command.ts'
import { reportLines, wayLines } from './fit-words.ts'
import { flag, number, text } from './values.ts'

export const models: Command = {
  name: 'models',
  summary: 'List, show, use, remove, export or import models',
  usage: `models list [--json]
models show NAME[@VERSION] [--json]
models set NAME[@VERSION] --alpha A
models rename NAME NEW
models use NAME@VERSION
models remove NAME[@VERSION]
models repair NAME@VERSION
models export NAME[@VERSION] [--out FILE.oneclass]
models import FILE.oneclass [--name NAME]`,
  options: {
    name: { type: 'string', value: 'NAME', description: 'name to import as (default: the file name up to "@" or ".")' },
    out: { type: 'string', value: 'FILE', description: 'file to export to (default NAME@VERSION.oneclass)' },
    alpha: { type: 'string', value: 'A', description: 'the new alpha; nothing is refitted' },
    json: { type: 'boolean', description: 'print JSON' },
  },

  async run({ values, positionals: [action = '', ref, ...rest], io }) {
    const registry = openRegistry(io.home)
    if (action === 'list' && ref !== undefined)
      throw new OneclassError(
        'INVALID_ARGUMENT',
        `"oneclass models list" takes no name, but received "${ref}": oneclass models show ${ref} tells of one model.`,
      )
    if (action === 'list') return await listModels(registry, values, io)
    const perform = Object.hasOwn(actions, action) ? actions[action] : undefined
    if (!perform) {
      throw new OneclassError(
        'INVALID_ARGUMENT',
        `Expected models list, ${Object.keys(actions).join(', ')} but received "${action}".${didYouMean(action, ['list', ...Object.keys(actions)])}`,
      )
    }
    if (ref === undefined || rest.length > (action === 'rename' ? 1 : 0)) {
      throw new OneclassError(
        'INVALID_ARGUMENT',
        `Expected one name: oneclass models ${action} ${action === 'import' ? 'FILE' : 'NAME'}.`,
      )
    }
    await perform(registry, ref, values, io, rest[0])
    return 0
  },
}

type Action = (registry: Registry, ref: string, values: Values, io: Io, to?: string) => Promise<void>

const actions: Record<string, Action> = {
  async show(registry, ref, values, io) {
    const { info, artifact } = await registry.load(ref)
    const { calibration, whitening, isolationForest, oneClassSvm } = artifact.ensemble
    const details = {
      ...info,
      model: labelOf(info),
      threshold: `p <= ${info.alpha} is rejected; p = (1 + #{held-out scores >= s}) / (n + 1) over n = ${calibration.heldOut.ensemble.length} held-out positives (${calibration.method}, ${calibration.folds} folds)`,
      shrinkage: whitening.shrinkage,
      trees: isolationForest.roots.length,
      supportVectors: oneClassSvm.vectors.rows,
    }
    const report = fitReport(info)
    if (flag(values, 'json')) return await io.out(JSON.stringify({ ...details, report }))
    const { facts: _, ...shown } = details
    for (const [key, value] of Object.entries(shown)) await io.out(`${key.padEnd(15)} ${show(value)}`)
    for (const line of [...reportLines(report, nounOf(info)), ...wayLines(info)]) await io.out(line)
    for (const warning of report.warnings) io.err(`note: ${warning}`)
  },
  async set(registry, ref, values, io) {
    const alpha = number(values, 'alpha')
    if (alpha === undefined) throw new OneclassError('INVALID_ARGUMENT', 'Expected --alpha A.')
    assertAlpha(alpha)
    const info = await registry.setAlpha(ref, alpha)
    await io.out(`${labelOf(info)}: alpha ${info.alpha}`)
    const warning = alphaWarning(info, info.alpha) ?? confidenceWarning(info)
    if (warning) io.err(`note: ${warning}`)
  },
  async use(registry, ref, _values, io) {
    const info = await registry.use(ref)
    await io.out(`${info.name} is now ${labelOf(info)}, until another version is chosen or fitted`)
  },
  async rename(registry, ref, _values, io, to) {
    if (to === undefined)
      throw new OneclassError('INVALID_ARGUMENT', 'Expected two names: oneclass models rename NAME NEW.')
    await io.out(`${ref} is now ${(await registry.rename(ref, to)).name}`)
  },
  async remove(registry, ref, _values, io) {
    await registry.remove(ref)
    await io.out(`removed ${ref}`)
  },
  async repair(registry, ref, _values, io) {
    const info = await registry.repair(ref)
    await io.out(`${labelOf(info)}: its record was made again from the model file; alpha ${info.alpha}`)
  },
  async export(registry, ref, values, io) {
    // with the alpha that is in force, which the stored artifact does not carry
    const { info, artifact } = await registry.load(ref)
    const path = text(values, 'out') ?? `${labelOf(info)}.oneclass`
    await writeOutput(path, encodeArtifact(artifact))
    if (path !== standardOutputName) await io.out(`wrote ${path}`)
  },
  async import(registry, path, values, io) {
    const name = text(values, 'name') ?? modelNameOf(path)
    const bytes = await readModelBytes(path)
    await assertHomeWritable(io.home)
    const info = await registry.saveEncoded(name, await readModelFile(bytes))
    await io.out(`imported ${labelOf(info)}`)
  },
}

async function listModels(registry: Registry, values: Values, io: Io): Promise<0> {
  const { models: found, damaged } = await registry.survey()
  for (const { label, reason } of damaged) io.err(`${label} is damaged: ${reason}`)
  if (flag(values, 'json')) await io.out(JSON.stringify(found))
  else if (found.length === 0) await io.out('No models yet. Fit one: oneclass fit DIR --name NAME')
  else {
    await io.out(`${'model'.padEnd(28)} positives  alpha  backbone        MB  created (UTC)     in use`)
    for (const info of found) {
      const cells = [
        labelOf(info).padEnd(28),
        String(info.n).padStart(9),
        String(info.alpha).padStart(6),
        ` ${(info.backbone?.id ?? '(features)').padEnd(12)}`,
        (info.bytes / 1e6).toFixed(1).padStart(4),
        ` ${info.createdAt.slice(0, 16).replace('T', ' ')} `,
        info.serving ? 'yes' : '',
      ]
      await io.out(cells.join(' ').trimEnd())
    }
  }
  return 0
}

function show(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
