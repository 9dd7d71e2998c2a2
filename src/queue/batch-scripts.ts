/** What changes a batch, each in one step that nobody comes between. KEYS[1] is the batch (`redis-keys.ts`). */
import { script } from './scripts.ts'

/** ARGV[1] to [4]: time, channel, message, seconds to keep; KEYS: all of the batch. */
const finishLua = `
local function finish(state)
  redis.call('HSET', KEYS[1], 'state', state, 'finishedAt', ARGV[1])
  redis.call('HDEL', KEYS[1], 'open', 'waits')
  for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[4]) end
end
local function field(name) return redis.call('HGET', KEYS[1], name) end
local function isOver(state) return state ~= 'queued' and state ~= 'running' end
`

// ARGV: then (index, isError, line) for each
export const commit = script(`${finishLua}
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
local state = field('state')
if state == 'cancelled' or state == 'failed' then return state end
local added, errors = 0, 0
for i = 5, #ARGV, 3 do
  if redis.call('HSETNX', KEYS[2], ARGV[i], ARGV[i + 2]) == 1 then
    redis.call('RPUSH', KEYS[3], ARGV[i])
    added = added + 1
    if ARGV[i + 1] == '1' then errors = errors + 1 end
  end
end
if added == 0 then return state end
local done = redis.call('HINCRBY', KEYS[1], 'done', added)
if errors > 0 then redis.call('HINCRBY', KEYS[1], 'errors', errors) end
if done >= tonumber(field('total')) and field('open') ~= '1' then
  state = 'done'
  finish(state)
elseif state == 'queued' then
  state = 'running'
  redis.call('HSET', KEYS[1], 'state', state)
end
redis.call('PUBLISH', ARGV[2], ARGV[3])
return state
`)

// KEYS: batch, names, open batches of the origin. ARGV: record, id, seconds to keep, bytes, open, ascii, then names
export const create = script(`
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'record', ARGV[1], 'total', #ARGV - 6, 'state', 'queued', 'done', 0, 'errors', 0)
redis.call('HSET', KEYS[1], 'bytes', ARGV[4], 'open', ARGV[5], 'ascii', ARGV[6])
for i = 7, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[i]) end
redis.call('SADD', KEYS[3], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return 1
`)

// KEYS[2]: names. ARGV: [5] seconds to keep while it is not finished, [6] how many there are, [7] last, [8] bytes, [9] ascii, then names
export const append = script(`${finishLua}
if field('open') ~= '1' or isOver(field('state')) then return -1 end
local length = redis.call('LLEN', KEYS[2])
if length ~= tonumber(ARGV[6]) then return length end
for i = 10, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[i]) end
length = length + #ARGV - 9
redis.call('EXPIRE', KEYS[2], ARGV[5])
redis.call('HSET', KEYS[1], 'total', length, 'bytes', ARGV[8])
redis.call('HDEL', KEYS[1], 'waits')
if ARGV[9] == '0' then redis.call('HSET', KEYS[1], 'ascii', '0') end
if ARGV[7] == '1' then
  redis.call('HDEL', KEYS[1], 'open')
  if tonumber(field('done')) >= length and length > 0 then finish('done') end
end
redis.call('PUBLISH', ARGV[2], ARGV[3])
return length
`)

const endLua = (state: string): string => `${finishLua}
if isOver(field('state')) then return 0 end
if ARGV[5] then redis.call('HSET', KEYS[1], 'error', ARGV[5]) end
finish('${state}')
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
`
export const cancel = script(endLua('cancelled'))
// ARGV[5]: the error as JSON
export const fail = script(endLua('failed'))

// KEYS[1]: results. ARGV: indices. Returns places in ARGV, from 1
export const missing = script(`
local without = {}
for i, index in ipairs(ARGV) do
  if redis.call('HEXISTS', KEYS[1], index) == 0 then without[#without + 1] = i end
end
return without
`)
