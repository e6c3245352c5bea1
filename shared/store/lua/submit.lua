-- Takes an order in: idempotency key, do-not-call list, one open confirmation an order, the record and what follows.
-- KEYS: the record, the shop's orders, its do-not-call list, the idempotency key or ''.
-- Told: id, order id, phone, request digest, key's life in ms, first answer, schema, state, JSON, what follows.
-- Returns {kind, time, ...}: created | open, record | opted_out | replayed, kind, first answer, record or '' | key_conflict.
local id, order_id, phone, digest, key_life_ms, first_answer, schema, state, json, follow_ups = told()
local time = reply_time()

local function remember(kind, about, answer)
  if KEYS[4] ~= '' then
    redis.call('SET', KEYS[4], digest .. ' ' .. kind .. ' ' .. about .. ' ' .. answer, 'PX', key_life_ms)
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

if redis.call('ZSCORE', KEYS[3], phone) then
  remember('opted_out', id, '')
  return { 'opted_out', time }
end

local ids, newest, open = open_of(KEYS[2], order_id)
if newest == id then
  return { 'created', time }
elseif open then
  remember('open', newest, '')
  return { 'open', time, open }
end

redis.call('SET', KEYS[1], schema .. ' 1 ' .. state .. ' ' .. '\n' .. json)
redis.call('HSET', KEYS[2], order_id, ids and (id .. ' ' .. ids) or id)
redis.call('ZADD', 'phone:' .. phone, 0, id)
follow_up(follow_ups)
remember('created', id, first_answer)
return { 'created', time }
