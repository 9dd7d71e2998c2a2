/**
 * A Redis Cluster with a password, given by URL: three nodes, and a replica of the one that holds our keys. Fit, classify and a
 * batch go through it; then that node dies in the middle of a batch, and at last all of it.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Redis } from 'ioredis'
import { createClient } from '../../src/client.ts'
import { prefix } from '../../src/queue/redis-keys.ts'
import { drawParts } from '../support/parts.ts'
import { eventually, freePorts } from '../support/ports.ts'
import { type ServeProcess, startServeProcess } from '../support/serve-process.ts'

const password = 'only-for-this-test'
const slots = 16384
const nodes: ChildProcess[] = []
/** Of the node that our keys are on. */
let owner: number
let base: string
let serve: ServeProcess | undefined
let url: string

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'oneclass-cluster-'))
  const ports = await freePorts(8) // of each node one for clients and one for the other nodes
  const clients: Redis[] = []
  for (const [i, port] of ports.slice(0, 4).entries()) {
    const folder = join(base, `node${i}`)
    await mkdir(folder)
    const args = `--bind 127.0.0.1 --port ${port} --cluster-enabled yes --cluster-port ${ports[4 + i]} --cluster-node-timeout 2000
      --save --appendonly no --maxmemory-policy noeviction --requirepass ${password} --masterauth ${password}`
    nodes.push(spawn('redis-server', args.split(/\s+/), { cwd: folder, stdio: 'ignore' }))
    const client = new Redis({ host: '127.0.0.1', port, password, maxRetriesPerRequest: 50 })
    clients.push(client.on('error', () => {})) // not up yet
  }
  for (const [i, client] of clients.entries()) {
    if (i < 3)
      await client.call('CLUSTER', 'ADDSLOTSRANGE', Math.ceil((i * slots) / 3), Math.ceil(((i + 1) * slots) / 3) - 1)
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', i + 1)
    if (i > 0) await clients[0]!.call('CLUSTER', 'MEET', '127.0.0.1', ports[i]!, ports[4 + i]!)
  }
  owner = Math.floor((Number(await clients[0]!.call('CLUSTER', 'KEYSLOT', `${prefix}:x`)) * 3) / slots)
  const ownerId = String(await clients[owner]!.call('CLUSTER', 'MYID'))
  await eventually('the replica has a master', async () => !!(await clients[3]!.call('CLUSTER', 'REPLICATE', ownerId)))
  await eventually('the replica follows', async () =>
    /master_link_status:up/.test(await clients[3]!.info('replication')),
  )
  for (const client of clients) {
    await eventually('the cluster is up', async () =>
      String(await client.call('CLUSTER', 'INFO')).includes('cluster_state:ok'),
    )
    client.disconnect()
  }
  url = `redis+cluster://:${password}@${ports
    .slice(0, 2)
    .map((port) => `127.0.0.1:${port}`)
    .join(',')}`
})
after(async () => {
  if (serve !== undefined) for (const pid of [...serve.workerPids(), serve.pid]) process.kill(pid, 'SIGKILL')
  for (const node of nodes) node.kill('SIGKILL')
  await rm(base, { recursive: true, force: true })
})

test('a service and its worker on a cluster: fit, classify, a batch, and no password in the log', async () => {
  const args = ['--redis', url, '--workers', '1', '--root', base]
  serve = await startServeProcess({ home: join(base, 'home'), args })
  const client = createClient(serve.address)
  const { parts, other } = await drawParts(1, 30)
  const fit = await client.finished((await client.fit('part', parts)).id)
  assert.equal(fit.state, 'done', JSON.stringify(fit.error))
  const { isPositive, pValue } = await client.classify('part', other)
  assert.equal(isPositive, false, `p ${pValue}`)
  const lines = await client.results((await client.batch('part', [...parts.slice(0, 9), other])).id)
  assert.equal(lines.length, 10)
  assert.ok(lines.every((line) => 'pValue' in line))
  assert.ok(!serve.log.some((line) => line.includes(password)))
})

test('the node with our keys dies in the middle of a batch: its replica takes over, and each image has its result', async () => {
  const folder = join(base, 'images')
  await mkdir(folder)
  for (const { name, bytes } of (await drawParts(2, 20)).parts) {
    for (let copy = 0; copy < 10; copy++) await writeFile(join(folder, `${copy}-${name}`), bytes)
  }
  const client = createClient(serve!.address)
  const { id } = await client.batchFolder('part', folder)
  await eventually('the batch is under way', async () => ((await client.job(id)).progress?.done ?? 0) >= 16)
  nodes[owner]!.kill('SIGKILL')
  let lines: Awaited<ReturnType<typeof client.results>> | undefined
  await eventually('the batch is done', async () => {
    if ((await client.job(id)).state !== 'done') return false
    lines = await client.results(id)
    return true
  })
  assert.equal(lines!.length, 200)
  assert.equal(new Set(lines!.map(({ image }) => image)).size, 200)
  assert.deepEqual(
    lines!.filter((line) => 'error' in line),
    [],
  )
})

/** Seconds of CPU that a process has used. Linux counts them in hundredths. */
async function cpuSeconds(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

test('the whole cluster goes away: the service says so and waits, without a busy loop', async () => {
  for (const node of nodes) node.kill('SIGKILL')
  const pids = [serve!.pid, ...serve!.workerPids()]
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
  await pause(2000)
  const before = await Promise.all(pids.map(cpuSeconds))
  await pause(4000)
  const after = await Promise.all(pids.map(cpuSeconds))
  const used = after.map((seconds, i) => seconds - before[i]!)
  assert.ok(
    used.every((seconds) => seconds < 1),
    `CPU seconds in 4 s: ${used.join(' and ')}`,
  )
  assert.equal((await fetch(`${serve!.address}/readyz`)).status, 503)
})

test('without its cluster, requests fail within seconds, and SIGTERM ends all of it', async () => {
  const post = {
    method: 'POST',
    headers: { 'content-type': 'image/jpeg' },
    body: new Uint8Array((await drawParts(1, 1)).parts[0]!.bytes),
    signal: AbortSignal.timeout(10_000),
  }
  const answers = await Promise.all([
    fetch(`${serve!.address}/v1/jobs`, { signal: AbortSignal.timeout(10_000) }),
    fetch(`${serve!.address}/v1/models/part/classify?wait=5`, post),
  ])
  for (const answer of answers) {
    assert.equal(answer.status, 503)
    assert.equal(((await answer.json()) as { code: string }).code, 'REDIS_UNAVAILABLE')
  }
  const workers = serve!.workerPids()
  const started = performance.now()
  assert.equal(await serve!.stop(), 0)
  const seconds = (performance.now() - started) / 1000
  assert.ok(seconds < 40, `it took ${seconds} s`)
  for (const pid of workers) assert.throws(() => process.kill(pid, 0), 'a worker is left')
  serve = undefined
})
