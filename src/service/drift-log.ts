/**
 * The drift monitors of the served models, in Redis. Workers append p-values (and scores) to an inbox, trimmed; a service
 * takes them out under a short lock and moves the martingales on. A monitor belongs to one version under one name (`driftId`), so a new
 * version begins anew, and models that have the same bytes do not mix. The accepted images of another alpha are others, so their monitor
 * begins anew with it; that of all images goes on.
 */
import { randomBytes, randomInt } from 'node:crypto'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { acceptedGap, type DriftState, gapOf, newDrift, observe, reportDrift } from '../detectors/drift.ts'
import type { RedisClient } from '../queue/connection.ts'
import { isDamage } from '../queue/redis-errors.ts'
import { keys } from '../queue/redis-keys.ts'
import { takesNoData } from '../queue/redis-refusals.ts'
import { runScript, script } from '../queue/scripts.ts'
import { parseJson } from '../system/parse-json.ts'
import { labelOf } from '../wire/label.ts'
import type { Drift, Model } from '../wire/model.ts'

export interface Served {
  readonly pValue: number
  readonly score: number
}

const State = Type.Object({
  n: Type.Integer({ minimum: 0 }),
  gaps: Type.Array(Type.Integer({ minimum: 0 })),
  seen: Type.Integer({ minimum: 0 }),
  shares: Type.Tuple([Type.Number(), Type.Number(), Type.Number()]),
  logCapital: Type.Number(),
  maxLogCapital: Type.Number(),
})
const storedForm = Compile(Type.Object({ n: Type.Integer(), alpha: Type.Number(), all: State, accepted: State }))
interface Stored {
  readonly n: number
  readonly alpha: number
  readonly all: DriftState
  readonly accepted: DriftState
}

const inboxLength = 20_000
const lockMs = 10_000
const keepSeconds = 90 * 24 * 3600

/** Of which monitor an image is: by the label that its result carries, and by the bytes, which differ where a label was used again. */
export function driftId({ label, sha256 }: { readonly label: string; readonly sha256: string }): string {
  return `${label}:${sha256}`
}

export function driftIdOf(model: Pick<Model, 'name' | 'version' | 'sha256'>): string {
  return driftId({ label: labelOf(model), sha256: model.sha256 })
}

export async function recordServed(
  client: RedisClient,
  model: { readonly label: string; readonly sha256: string },
  served: readonly Served[],
): Promise<void> {
  if (served.length === 0) return
  const id = driftId(model)
  const inbox = keys.driftInbox(id)
  const lines = served.map(({ pValue, score }) => `${pValue},${score}`)
  await client
    .pipeline()
    .rpush(inbox, ...lines)
    .ltrim(inbox, -inboxLength, -1)
    .expire(inbox, keepSeconds)
    .sadd(keys.driftNews, id)
    .expire(keys.driftNews, keepSeconds)
    .exec()
}

/** Ids of the monitors whose models were asked since they were moved on. */
export async function driftNews(client: RedisClient): Promise<string[]> {
  return await client.smembers(keys.driftNews)
}

type Monitored = Pick<Model, 'name' | 'version' | 'sha256' | 'calibrationScores' | 'alpha'>

// Writes the new state and takes what it contains off the inbox at once, if the lock is still ours.
const finish = script(`
if redis.call('GET', KEYS[3]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[4])
redis.call('LTRIM', KEYS[2], ARGV[3], -1)
redis.call('DEL', KEYS[3])
return 1
`)

/** What the monitor says, as far as it was moved on. */
export async function readDrift(client: RedisClient, model: Monitored): Promise<Drift> {
  return reportOf(stateOf(await textOf(client, keys.drift(driftIdOf(model))), model))
}

// KEYS: inbox, lock. ARGV: most milliseconds that the lock lives
const mend = script(`
local found, left = redis.call('TYPE', KEYS[1]).ok, redis.call('PTTL', KEYS[2])
if found ~= 'none' and found ~= 'list' then redis.call('UNLINK', KEYS[1]) end
if left == -1 or left > tonumber(ARGV[1]) then redis.call('UNLINK', KEYS[2]) end
return 1
`)

/** What is no inbox would take in nothing more, and a lock that never ends would stop the monitor. */
async function mendInbox(client: RedisClient, inbox: string, lock: string): Promise<void> {
  await runScript(client, mend, [inbox, lock], [lockMs])
}

/** Null too where it is no text: the next state is written over it. */
async function textOf(client: RedisClient, key: string): Promise<string | null> {
  return await client.get(key).catch((error: unknown) => {
    if (isDamage(error)) return null
    throw error
  })
}

/**
 * Takes the inbox in and reports. `onServed` is called once for each image taken in. Of several services one does it at a time; to the
 * others, and where Redis takes no data, what is known is reported.
 */
export async function advanceDrift(
  client: RedisClient,
  model: Monitored,
  onServed?: (served: Served) => void,
): Promise<Drift> {
  const { calibrationScores: n, alpha } = model
  const id = driftIdOf(model)
  const stateKey = keys.drift(id)
  const inboxKey = keys.driftInbox(id)
  const lockKey = keys.driftLock(id)
  await mendInbox(client, inboxKey, lockKey)
  const token = randomBytes(8).toString('hex')
  const lock = await client.set(lockKey, token, 'PX', lockMs, 'NX').catch((error: unknown) => {
    if (takesNoData(error)) return null
    throw error
  })
  let state = stateOf(await textOf(client, stateKey), model)
  if (lock !== 'OK') return reportOf(state)
  await client.srem(keys.driftNews, id) // before the inbox is read: what comes later is news again
  const lines = await client.lrange(inboxKey, 0, inboxLength - 1)
  const served: Served[] = []
  for (const line of lines) {
    const [pValue = Number.NaN, score = Number.NaN] = line.split(',').map(Number)
    if (!(pValue > 0 && pValue <= 1 && score >= 0 && score <= 1)) continue
    served.push({ pValue, score })
    const kept = acceptedGap(pValue, n, alpha)
    const all = observe(state.all, gapOf(pValue, n), uniform())
    state = { ...state, all, accepted: kept ? observe(state.accepted, kept.gap, uniform()) : state.accepted }
  }
  const args = [token, JSON.stringify(state), lines.length, keepSeconds]
  if ((await runScript(client, finish, [stateKey, inboxKey, lockKey], args)) === 1)
    for (const image of served) onServed?.(image)
  return reportOf(state)
}

function stateOf(text: string | null, { calibrationScores: n, alpha }: Monitored): Stored {
  const stored = parseJson(text)
  const known: Stored | undefined = storedForm.Check(stored) ? stored : undefined
  const accepted = newAccepted({ n, alpha })
  if (known?.n !== n || !isOf(known.all, n)) return { n, alpha, all: newDrift(n), accepted }
  return known.alpha === alpha && isOf(known.accepted, accepted.n) ? known : { ...known, alpha, accepted }
}

/** Is it the state of a monitor of so many scores? */
function isOf({ n, gaps }: DriftState, scores: number): boolean {
  return n === scores && gaps.length === n + 1
}

function reportOf({ n, alpha, all, accepted }: Stored): Drift {
  const rejected = all.gaps.reduce(
    (sum, images, i) => (acceptedGap((i + 1) / (n + 1), n, alpha) ? sum : sum + images),
    0,
  )
  return { all: reportDrift(all), accepted: reportDrift(accepted), rejected }
}

function newAccepted(model: { n: number; alpha: number }): DriftState {
  return newDrift(acceptedGap(1, model.n, model.alpha)?.n ?? 0)
}

function uniform(): number {
  return randomInt(2 ** 47) / 2 ** 47
}
