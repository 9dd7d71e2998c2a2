/**
 * Fuzzes a real `serve` by its own document. By hand: `node dist/test/chaos/openapi-fuzz-run.js [ROUNDS] [SEED]` (requests an
 * operation, default 400). Prints one JSON object; exit status 1 when something was wrong.
 */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '../../src/client.ts'
import { startServeProcess } from '../support/serve-process.ts'
import { positives } from './hostile-run.ts'
import { fuzzOpenApi } from './openapi-fuzz.ts'

const base = await realpath(await mkdtemp(join(tmpdir(), 'oneclass-fuzz-')))
const root = join(base, 'served')
await mkdir(root)
const images = await positives()
for (const { name, bytes } of images.slice(0, 3)) await writeFile(join(root, name), bytes)
const serve = await startServeProcess({
  home: join(base, 'home'),
  args: ['--workers', '1', '--root', root, '--allow-url'],
})
try {
  const client = createClient(serve.address)
  const fit = await client.finished((await client.fit('thing', images)).id)
  const batch = await client.batch('thing', images.slice(0, 3))
  const workers = serve.workerPids()
  const report = await fuzzOpenApi({
    address: serve.address,
    seed: Number(process.argv[3] ?? 1),
    rounds: Number(process.argv[2] ?? 400),
    known: ['thing', 'thing@1', fit.id, batch.id, root, join(root, '0.jpg'), images[0]!.bytes.toString()],
  })
  const wrong = [...report.wrong]
  if (serve.workerPids().some((pid) => !workers.includes(pid))) wrong.push('a worker died')
  for (const line of serve.log) if (/"level":"(error|fatal)"|worker ended/.test(line)) wrong.push(line.slice(0, 400))
  process.stdout.write(`${JSON.stringify({ ...report, wrong }, null, 2)}\n`)
  process.exitCode = wrong.length > 0 ? 1 : 0
} finally {
  await serve.stop()
  await rm(base, { recursive: true, force: true })
}
