-- What every writing script shares. A record is one string: "SCHEMA VERSION STATE COMMIT,COMMIT,...\nJSON", STATE being
-- `waiting`, `calling`, `rehearsing` or `finished`; the last eight commits are kept, so that one whose reply was lost is known again.

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function reply_time()
  local time = redis.call('TIME')
  return time[1] .. '.' .. string.format('%06d', time[2])
end

local function header_of(record)
  local schema, version, state, commits = string.match(record, '^(%d+) (%d+) (%a+) ([^\n]*)\n')
  return { schema = tonumber(schema), version = tonumber(version), state = state, commits = commits }
end

-- due:heads:{priority} holds, for each shop with something to dial, when the first of it is due.
local function refresh_head(priority, shop)
  local first = redis.call('ZRANGE', 'due:dial:' .. priority .. ':' .. shop, 0, 0, 'WITHSCORES')
  if first[1] then
    redis.call('ZADD', 'due:heads:' .. priority, first[2], shop)
  else
    redis.call('ZREM', 'due:heads:' .. priority, shop)
  end
end

local function set_dial(priority, shop, id, at_ms)
  local key = 'due:dial:' .. priority .. ':' .. shop
  if at_ms == '' then
    redis.call('ZREM', key, id)
  else
    redis.call('ZADD', key, at_ms, id)
  end
  refresh_head(priority, shop)
end

-- A number has one call at a time, whatever order it is about: the orders whose calls are open are in line:{phone}.
local function line_is_taken(phone, id)
  for _, other in ipairs(redis.call('SMEMBERS', 'line:' .. phone)) do
    if other ~= id then
      local header = redis.call('GETRANGE', 'confirmation:' .. other, 0, 255)
      if header ~= '' and header_of(header).state == 'calling' then
        return true
      end
    end
  end
  return false
end

-- Sets when somebody must deliver to an endpoint; while somebody does, that is set at the end of it. Not to a parked one.
local function wake_endpoint(endpoint)
  if redis.call('ZSCORE', 'deliver:open', endpoint) or redis.call('ZSCORE', 'due:parked', endpoint) then
    return
  end
  local first = redis.call('ZRANGE', 'webhook:' .. endpoint .. ':lanes', 0, 0, 'WITHSCORES')
  if not first[1] or redis.call('EXISTS', 'webhook:' .. endpoint .. ':off') == 1 then
    redis.call('ZREM', 'due:deliver', endpoint)
    return
  end
  local held_until = tonumber(redis.call('HGET', 'webhook:' .. endpoint .. ':circuit', 'until') or '0')
  redis.call('ZADD', 'due:deliver', string.format('%d', math.max(tonumber(first[2]), held_until)), endpoint)
end

-- Puts an event into the lane of its confirmation at each endpoint of the shop that wants it.
local function post(shop, id, sequence, kind)
  local endpoints = redis.call('HGETALL', 'webhooks:' .. shop)
  for index = 1, #endpoints, 2 do
    local endpoint = endpoints[index]
    if string.find(' ' .. endpoints[index + 1] .. ' ', ' ' .. kind .. ' ', 1, true) then
      redis.call('RPUSH', 'webhook:' .. endpoint .. ':lane:' .. id, sequence)
      redis.call('ZADD', 'webhook:' .. endpoint .. ':lanes', 'NX', string.format('%d', now_ms()), id)
      wake_endpoint(endpoint)
    end
  end
end

-- Drops what waits at an endpoint of a confirmation that is erased.
local function forget_lane(endpoint, id, sequences)
  local base = 'webhook:' .. endpoint
  redis.call('DEL', base .. ':lane:' .. id)
  redis.call('ZREM', base .. ':lanes', id)
  redis.call('HDEL', base .. ':tries', id)
  for sequence = 1, sequences do
    redis.call('ZREM', base .. ':dead', id .. '.' .. sequence)
    redis.call('HDEL', base .. ':why', id .. '.' .. sequence)
  end
end

-- One event: its place in the shop's log, the history of its confirmation, the channel; the last one for the CRM too.
local function announce(shop, id, sequence, entry, kind, keep_from_ms, envelope)
  redis.call('XADD', 'events:' .. shop .. ':log', 'MINID', '~', keep_from_ms, '*', 'c', id, 's', sequence)
  redis.call('PUBLISH', 'events:' .. shop, envelope)
  post(shop, id, sequence, kind)
  if kind == 'confirmation.finished' then
    local entry_id = redis.call('XADD', 'outcomes:' .. shop .. ':log', '*', 'event', envelope)
    redis.call('PUBLISH', 'outcomes:' .. shop, envelope)
    entry = entry .. '\n' .. entry_id
  end
  redis.call('RPUSH', 'confirmation:' .. id .. ':events', entry)
end

-- Returns all that a script was told where that is much: one argument, a MessagePack list.
local function told()
  return unpack(cmsgpack.unpack(ARGV[1]))
end

-- Does what follows: a list of commands, each a list of words; `@dial` and `@announce` are ours.
local function follow_up(commands)
  for _, words in ipairs(commands) do
    if words[1] == '@dial' then
      set_dial(unpack(words, 2))
    elseif words[1] == '@announce' then
      announce(unpack(words, 2))
    else
      redis.call(unpack(words))
    end
  end
end

-- What a submission's idempotency key stands for: kind ('conflict' for another request, 'erased' where what it is about
-- is gone), the id it is about, the first answer, the record ('' where there is none). Nothing where the key is free.
local function remembered(key, digest)
  local known = key ~= '' and redis.call('GET', key)
  if not known then
    return nil
  end
  local first_digest, kind, about, answer = string.match(known, '^(%S*) (%S+) (%S+) (.*)$')
  if first_digest ~= digest then
    return 'conflict'
  end
  local record = kind == 'opted_out' and '' or redis.call('GET', 'confirmation:' .. about)
  if not record then
    return 'erased', about, '', ''
  end
  return kind, about, answer, record
end

-- All confirmations of an order as they are kept, newest first, and the newest one's record where it is open.
local function open_of(orders, order_id)
  local ids = redis.call('HGET', orders, order_id)
  local newest = ids and string.match(ids, '^%S+')
  local record = newest and redis.call('GET', 'confirmation:' .. newest)
  if record and header_of(record).state ~= 'finished' then
    return ids, newest, record
  end
  return ids, newest
end
