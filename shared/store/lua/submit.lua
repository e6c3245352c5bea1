-- Takes an order in: idempotency key, do-not-call list, one open confirmation an order, the record and what follows.
-- KEYS: the record, the shop's orders, its do-not-call list, the idempotency key or ''.
-- ARGV: id, order id, phone, request digest, key's life in ms, first answer, schema, state, JSON, what follows.
-- Returns {kind, time, ...}: created | open, record | opted_out | replayed, kind, first answer, record or '' | key_conflict.
local id, digest, time = ARGV[1], ARGV[4], reply_time()

local function remember(kind, about, answer)
  if KEYS[4] ~= '' then
    redis.call('SET', KEYS[4], digest .. ' ' .. kind .. ' ' .. about .. ' ' .. answer, 'PX', ARGV[5])
  end
end

local kind, about, answer, first = remembered(KEYS[4], digest)
if kind == 'conflict' then
  return { 'key_conflict', time }
elseif kind and about == id then
  return { kind, time }
elseif kind then
  return { 'replayed', time, kind, answer, first }
end

if redis.call('ZSCORE', KEYS[3], ARGV[3]) then
  remember('opted_out', id, '')
  return { 'opted_out', time }
end

local ids, newest, open = open_of(KEYS[2], ARGV[2])
if newest == id then
  return { 'created', time }
elseif open then
  remember('open', newest, '')
  return { 'open', time, open }
end

redis.call('SET', KEYS[1], ARGV[7] .. ' 1 ' .. ARGV[8] .. ' ' .. '\n' .. ARGV[9])
redis.call('HSET', KEYS[2], ARGV[2], ids and (id .. ' ' .. ids) or id)
redis.call('ZADD', 'phone:' .. ARGV[3], 0, id)
follow_up(ARGV[10])
remember('created', id, ARGV[6])
return { 'created', time }
