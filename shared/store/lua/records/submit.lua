-- Takes an order in: checks its idempotency key, the do-not-call list and that the order has no open confirmation; stores the
-- record and applies its side effects.
-- KEYS: the record, the shop's orders, its do-not-call list, the idempotency key and
-- its earlier name, or '' and ''.
-- Arguments: id, order id, phone, request digest, the key's life in ms, first answer, schema, state, JSON, side effects,
-- 1 for a test order, else 0.
-- Returns {kind, time, ...}: created | open, record | opted_out | replayed, kind, first answer, record or '' | key_conflict.
local id, order_id, phone, digest, key_life_ms, first_answer, schema, state, json, effects, is_test = unpacked_arguments()
local time = reply_time()

local function store_key(kind, about, answer)
  if KEYS[4] ~= '' then
    redis.call('SET', KEYS[4], digest .. ' ' .. kind .. ' ' .. about .. ' ' .. answer, 'PX', key_life_ms)
  end
end

local kind, about, answer, record = earlier_request(KEYS[4], KEYS[5], digest, is_test == 1)
if kind == 'conflict' then
  return { 'key_conflict', time }
elseif kind and about == id then
  return { kind, time }
elseif kind then
  return { 'replayed', time, kind, answer, record }
end

if redis.call('ZSCORE', KEYS[3], phone) then
  store_key('opted_out', id, '')
  return { 'opted_out', time }
end

local ids, newest, open = confirmations_of_order(KEYS[2], order_id, is_test == 1)
if newest == id then
  return { 'created', time }
elseif open then
  store_key('open', newest, '')
  return { 'open', time, open }
end

redis.call('SET', KEYS[1], record_text(schema, 1, state, '', phone, json))
redis.call('HSET', KEYS[2], order_id, ids and (id .. ' ' .. ids) or id)
redis.call('ZADD', keys.phone(phone), 0, id)
apply_side_effects(effects)
store_key('created', id, first_answer)
return { 'created', time }
