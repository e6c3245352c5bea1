-- Grants the next call, or says until when to wait. Calls per second are evenly spaced (GCRA without burst), calls at once
-- are leases, high priority comes first, shops are served round robin. While the circuit is open, only a probe is granted
-- now and then. An order whose number is on the phone about another order is postponed by a second; one that a cap holds is
-- left to its reconciliation.
-- Arguments: nonce, ms between calls, maximum of calls at once, lease ms, ms between probes, caps.
-- Returns {'grant', id, shop} or {'wait', until ms, reason}.
local nonce, interval, max_calls, lease, probe_every, caps = unpacked_arguments()
local grant_key = keys.due_grant(nonce)
local granted = redis.call('HMGET', grant_key, 'id', 'shop')
if granted[1] then
  return { 'grant', granted[1], granted[2] }
end
local now = now_ms()
local passed_over = {} -- how many orders of each shop could not be called; the others' turns do not wait for many of them

-- Round robin: of the shops with something due, the one whose last grant is longest ago.
local function next_shop(priority)
  local shops = redis.call('ZRANGEBYSCORE', keys.due_heads(priority), '-inf', now)
  if #shops == 0 then
    return nil
  end
  local chosen, least
  for _, shop in ipairs(shops) do
    local last_grant = tonumber(redis.call('HGET', keys.DUE_TURNS, shop) or '0')
    if (passed_over[shop] or 0) < 10 and (not least or last_grant < least) then
      chosen, least = shop, last_grant
    end
  end
  return chosen
end

local function next_due()
  local soonest
  for _, priority in ipairs({ 'high', 'normal' }) do
    local head = redis.call('ZRANGE', keys.due_heads(priority), 0, 0, 'WITHSCORES')
    if head[2] and (not soonest or tonumber(head[2]) < soonest) then
      soonest = tonumber(head[2])
    end
  end
  return soonest
end

-- Records of older programs have no number in the header: it is read from the body, which may be unreadable.
local function phone_of(id)
  local header = header_of(redis.call('GETRANGE', keys.record(id), 0, 255))
  if not header.version or header.phone ~= '' then
    return header.phone
  end
  local body = string.match(redis.call('GET', keys.record(id)), '\n(.*)$')
  local is_json, record = pcall(cjson.decode, body)
  local customer = is_json and type(record) == 'table' and record.customer
  local phone = type(customer) == 'table' and customer.phone
  return type(phone) == 'string' and phone or nil
end

local function is_postponed(priority, shop, id)
  local phone = phone_of(id)
  if phone and line_is_taken(phone, id) then
    set_dial(priority, shop, id, string.format('%d', now + 1000))
    return true
  elseif held_by_cap(shop, phone, caps, now) then
    leave_to_reconciliation(priority, shop, id, lease)
    return true
  end
end

local function first_callable()
  for _ = 1, 50 do
    local priority = 'high'
    local shop = next_shop(priority)
    if not shop then
      priority = 'normal'
      shop = next_shop(priority)
    end
    if not shop then
      return nil
    end
    local id = redis.call('ZRANGE', keys.due_dial(priority, shop), 0, 0)[1]
    if not is_postponed(priority, shop, id) then
      return priority, shop, id
    end
    passed_over[shop] = (passed_over[shop] or 0) + 1
  end
end

local priority, shop, id = first_callable()
if not shop then
  local soonest = next_due()
  return { 'wait', soonest and string.format('%d', soonest) or '', 'nothing_due' }
end
local free_at = tonumber(redis.call('GET', keys.DUE_RATE) or '0')
if now < free_at then
  return { 'wait', string.format('%d', math.ceil(free_at)), 'rate' }
end
redis.call('ZREMRANGEBYSCORE', keys.CALLS_OPEN, '-inf', now)
if redis.call('ZCARD', keys.CALLS_OPEN) >= max_calls then
  local first = redis.call('ZRANGE', keys.CALLS_OPEN, 0, 0, 'WITHSCORES')
  return { 'wait', string.format('%d', first[2] or now + 1000), 'concurrency' }
end
local probe_at = redis.call('HGET', keys.CIRCUIT, 'probe_at')
if probe_at then
  if now < tonumber(probe_at) then
    return { 'wait', probe_at, 'circuit' }
  end
  redis.call('HSET', keys.CIRCUIT, 'probe_at', string.format('%d', now + probe_every))
end

set_dial(priority, shop, id, string.format('%d', now + lease))
redis.call('ZADD', keys.CALLS_OPEN, string.format('%d', now + lease), id)
redis.call('SET', keys.DUE_RATE, tostring(math.max(now, free_at) + interval), 'PX', math.ceil(interval) + 1000)
redis.call('HSET', keys.DUE_TURNS, shop, redis.call('INCR', keys.DUE_TURN))
redis.call('HSET', grant_key, 'id', id, 'shop', shop)
redis.call('PEXPIRE', grant_key, 30000)
return { 'grant', id, shop }
