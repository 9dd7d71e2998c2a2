/**
 * Thousands of damaged, mislabelled and enormous files through HTTP. By hand:
 * `node dist/test/chaos/hostile-files.js [FILES] [SEED]`. Prints one JSON object; exit status 1 when something was wrong.
 */
import { runHostileFiles } from './hostile-run.ts'

const report = await runHostileFiles({
  count: Number(process.argv[2] ?? 2400),
  seed: Number(process.argv[3] ?? 1),
  size: 'full',
  workers: 2,
  maxMebi: 2048,
  maxMs: 60_000,
})
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
process.exitCode = report.wrong.length > 0 ? 1 : 0
