-- Grants the next call, or says until when to wait. Calls per second evenly spaced (GCRA without burst), calls at once as
-- leases, high priority first, shops in turn; with the circuit open only a probe now and then. An order whose number is
-- on the phone about another one is passed over for a second.
-- ARGV: nonce, ms between calls, most calls at once, lease ms, probe every ms.
-- Returns {'grant', id, shop} or {'wait', until ms, why}.
local nonce_key, interval, most = 'due:grant:' .. ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local lease, probe_every = tonumber(ARGV[4]), tonumber(ARGV[5])
local known = redis.call('HMGET', nonce_key, 'id', 'shop')
if known[1] then
  return { 'grant', known[1], known[2] }
end
local now = now_ms()

local function first_due(priority)
  local shops = redis.call('ZRANGEBYSCORE', 'due:heads:' .. priority, '-inf', now)
  if #shops == 0 then
    return nil
  end
  local chosen, least
  for _, shop in ipairs(shops) do
    local turn = tonumber(redis.call('HGET', 'due:turns', shop) or '0')
    if not least or turn < least then
      chosen, least = shop, turn
    end
  end
  return chosen
end

local function next_due()
  local soonest
  for _, priority in ipairs({ 'high', 'normal' }) do
    local head = redis.call('ZRANGE', 'due:heads:' .. priority, 0, 0, 'WITHSCORES')
    if head[2] and (not soonest or tonumber(head[2]) < soonest) then
      soonest = tonumber(head[2])
    end
  end
  return soonest
end

local function is_held(id)
  local phone = string.match(redis.call('GET', 'confirmation:' .. id) or '', '"phone":"(%+%d+)"')
  return phone and line_is_taken(phone, id)
end

local function first_callable()
  for _ = 1, 50 do
    local priority = 'high'
    local shop = first_due(priority)
    if not shop then
      priority = 'normal'
      shop = first_due(priority)
    end
    if not shop then
      return nil
    end
    local id = redis.call('ZRANGE', 'due:dial:' .. priority .. ':' .. shop, 0, 0)[1]
    if not is_held(id) then
      return priority, shop, id
    end
    set_dial(priority, shop, id, string.format('%d', now + 1000))
  end
end

local priority, shop, id = first_callable()
if not shop then
  local soonest = next_due()
  return { 'wait', soonest and string.format('%d', soonest) or '', 'nothing_due' }
end
local free_at = tonumber(redis.call('GET', 'due:rate') or '0')
if now < free_at then
  return { 'wait', string.format('%d', math.ceil(free_at)), 'rate' }
end
redis.call('ZREMRANGEBYSCORE', 'calls:open', '-inf', now)
if redis.call('ZCARD', 'calls:open') >= most then
  local first = redis.call('ZRANGE', 'calls:open', 0, 0, 'WITHSCORES')
  return { 'wait', string.format('%d', first[2] or now + 1000), 'concurrency' }
end
local probe_at = redis.call('HGET', 'circuit', 'probe_at')
if probe_at then
  if now < tonumber(probe_at) then
    return { 'wait', probe_at, 'circuit' }
  end
  redis.call('HSET', 'circuit', 'probe_at', string.format('%d', now + probe_every))
end

set_dial(priority, shop, id, string.format('%d', now + lease))
redis.call('ZADD', 'calls:open', string.format('%d', now + lease), id)
redis.call('SET', 'due:rate', tostring(math.max(now, free_at) + interval), 'PX', math.ceil(interval) + 1000)
redis.call('HSET', 'due:turns', shop, redis.call('INCR', 'due:turn'))
redis.call('HSET', nonce_key, 'id', id, 'shop', shop)
redis.call('PEXPIRE', nonce_key, 30000)
return { 'grant', id, shop }
