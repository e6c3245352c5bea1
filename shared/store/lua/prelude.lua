-- What the scripts share. A record is one string: "SCHEMA VERSION STATE COMMIT,COMMIT,... PHONE\nJSON". STATE is `waiting`,
-- `calling`, `rehearsing`, `finished`, or `replying`: finished, and the customer is on the phone about it. The last eight commits are kept, so that a repeat of one whose reply was lost is
-- recognised. Records of older programs have no PHONE. `keys` stands for the Python module of that name, whose patterns are
-- put in when a script is loaded.

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function reply_time()
  local time = redis.call('TIME')
  return time[1] .. '.' .. string.format('%06d', time[2])
end

local function header_of(record)
  local schema, version, state, commits, phone = string.match(record, '^(%d+) (%d+) (%a+) ([^ \n]*) ?([^\n]*)\n')
  return { schema = tonumber(schema), version = tonumber(version), state = state, commits = commits, phone = phone }
end

local function record_text(schema, version, state, commits, phone, json)
  return schema .. ' ' .. version .. ' ' .. state .. ' ' .. commits .. ' ' .. phone .. '\n' .. json
end

local function is_on_the_phone(record)
  local state = header_of(record).state
  return state == 'calling' or state == 'replying'
end

local function is_finished(record)
  local state = header_of(record).state
  return state == 'finished' or state == 'replying'
end

-- due_heads holds, for each shop with something to dial, when the first of it is due.
local function refresh_head(priority, shop)
  local first = redis.call('ZRANGE', keys.due_dial(priority, shop), 0, 0, 'WITHSCORES')
  if first[1] then
    redis.call('ZADD', keys.due_heads(priority), first[2], shop)
  else
    redis.call('ZREM', keys.due_heads(priority), shop)
  end
end

local function set_dial(priority, shop, id, at_ms)
  local key = keys.due_dial(priority, shop)
  if at_ms == '' then
    redis.call('ZREM', key, id)
  else
    redis.call('ZADD', key, at_ms, id)
  end
  refresh_head(priority, shop)
end

-- For confirmations whose record may be unreadable: neither shop nor priority is known.
local function clear_dial_everywhere(id)
  for _, priority in ipairs({ 'high', 'normal' }) do
    for _, shop in ipairs(redis.call('ZRANGE', keys.due_heads(priority), 0, -1)) do
      set_dial(priority, shop, id, '')
    end
  end
end

local function clear_crash_counts(id)
  local fields = { keys.begun_field('dial', id), keys.begun_field('care', id), keys.begun_field('retire', id) }
  redis.call('HDEL', keys.BEGUN, unpack(fields))
end

-- A number has one call at a time, whatever order it is about.
local function line_is_taken(phone, id)
  for _, other in ipairs(redis.call('SMEMBERS', keys.line(phone))) do
    if other ~= id then
      local header = redis.call('GETRANGE', keys.record(other), 0, 255)
      if header ~= '' and is_on_the_phone(header) then
        return true
      end
    end
  end
  return false
end

-- Returns until when (ms) a number may not be called because of the calls it has had, over all shops; nothing if it may.
local function number_is_full_until(phone, most, span_ms, now)
  if most == 0 then
    return nil
  end
  local digest = redis.sha1hex(phone)
  local key = keys.number_calls(digest)
  if redis.call('ZCOUNT', key, string.format('(%d', now - span_ms), '+inf') < most then
    return nil
  end
  return redis.call('ZRANGE', key, -most, -most, 'WITHSCORES')[2] + span_ms
end

-- Returns until when (ms) a shop may place no call because of what it has spent; nothing if it may.
local function spend_is_reached_until(shop, limit, span_ms, now)
  if limit == 0 then
    return nil
  end
  local total, parts = 0, {}
  local spent = redis.call('HGETALL', keys.spend(shop))
  for index = 1, #spent, 2 do
    local gone_at, micro_usd = spent[index] + span_ms, tonumber(spent[index + 1])
    if gone_at > now then
      total = total + micro_usd
      parts[#parts + 1] = { gone_at, micro_usd }
    end
  end
  if total < limit then
    return nil
  end
  table.sort(parts, function(one, other)
    return one[1] < other[1]
  end)
  for _, part in ipairs(parts) do
    total = total - part[2]
    if total < limit then
      return part[1]
    end
  end
end

-- Returns which cap holds an order and until when (ms), the one that holds it longest; nothing if none does.
-- `caps`: calls to a number and their span in ms, micro-dollars of a shop and their span in ms; 0 stands for no limit.
local function held_by_cap(shop, phone, caps, now)
  local number_until = phone and number_is_full_until(phone, caps[1], caps[2], now)
  local spend_until = spend_is_reached_until(shop, caps[3], caps[4], now)
  if spend_until and spend_until > (number_until or 0) then
    return 'spend_limit', spend_until
  elseif number_until then
    return 'number_cap', number_until
  end
end

-- Leaves an order that a cap holds to its reconciliation, which plans its call for when there is room. If nobody does, it is due again.
local function leave_to_reconciliation(priority, shop, id, due_again_ms)
  local now = now_ms()
  set_dial(priority, shop, id, string.format('%d', now + due_again_ms))
  redis.call('ZADD', keys.DUE_RECONCILIATION, string.format('%d', now), id)
end

-- Adds to what a shop has spent, and forgets what is older than the span.
local function add_spend(shop, micro_usd, span_ms, part_ms)
  local key, now = keys.spend(shop), now_ms()
  for _, part in ipairs(redis.call('HKEYS', key)) do
    if part + span_ms <= now then
      redis.call('HDEL', key, part)
    end
  end
  redis.call('HINCRBY', key, string.format('%d', (math.floor(now / part_ms) + 1) * part_ms), micro_usd)
  redis.call('PEXPIRE', key, span_ms + part_ms)
end

-- Sets when an endpoint is due. While a worker delivers to it, that is set when the worker releases it; a parked endpoint
-- is never due.
local function schedule_endpoint(endpoint)
  if redis.call('ZSCORE', keys.DELIVER_OPEN, endpoint) or redis.call('ZSCORE', keys.PARKED, endpoint) then
    return
  end
  local first = redis.call('ZRANGE', keys.webhook_lanes(endpoint), 0, 0, 'WITHSCORES')
  if not first[1] or redis.call('EXISTS', keys.webhook_off(endpoint)) == 1 then
    redis.call('ZREM', keys.DUE_DELIVER, endpoint)
    return
  end
  local held_until = tonumber(redis.call('HGET', keys.webhook_circuit(endpoint), 'until') or '0')
  redis.call('ZADD', keys.DUE_DELIVER, string.format('%d', math.max(tonumber(first[2]), held_until)), endpoint)
end

-- Appends an event to the lane of its confirmation at each endpoint of the shop that wants this type of event.
local function enqueue_deliveries(shop, id, sequence, event_type)
  local endpoints = redis.call('HGETALL', keys.webhooks(shop))
  for index = 1, #endpoints, 2 do
    local endpoint = endpoints[index]
    if string.find(' ' .. endpoints[index + 1] .. ' ', ' ' .. event_type .. ' ', 1, true) then
      redis.call('RPUSH', keys.webhook_lane(endpoint, id), sequence)
      redis.call('ZADD', keys.webhook_lanes(endpoint), 'NX', string.format('%d', now_ms()), id)
      schedule_endpoint(endpoint)
    end
  end
end

-- Removes all that an endpoint has of an erased confirmation: its lane, its failures, its dead letters.
local function delete_lane(endpoint, id, sequences)
  redis.call('DEL', keys.webhook_lane(endpoint, id))
  redis.call('ZREM', keys.webhook_lanes(endpoint), id)
  redis.call('HDEL', keys.webhook_tries(endpoint), id)
  for sequence = 1, sequences do
    redis.call('ZREM', keys.webhook_dead(endpoint), id .. '.' .. sequence)
    redis.call('HDEL', keys.webhook_why(endpoint), id .. '.' .. sequence)
  end
end

-- Writes one event to the shop's log, the shop's channel, the endpoints' lanes and the confirmation's history. The last
-- event of a confirmation, and what its customer adds later, also goes to the CRM's stream and channel. `owner` is not the shop for test orders: the endpoints of
-- its test keys are told, too.
local function publish_event(shop, id, sequence, entry, event_type, keep_from_ms, envelope, owner)
  redis.call('XADD', keys.events_log(shop), 'MINID', '~', keep_from_ms, '*', 'c', id, 's', sequence)
  redis.call('PUBLISH', keys.events_channel(shop), envelope)
  enqueue_deliveries(shop, id, sequence, event_type)
  if owner ~= shop then
    enqueue_deliveries(owner, id, sequence, event_type)
  end
  if event_type == 'confirmation.finished' or event_type == 'confirmation.late_reply' then
    local entry_id = redis.call('XADD', keys.outcomes_log(shop), '*', 'event', envelope)
    redis.call('PUBLISH', keys.outcomes_channel(shop), envelope)
    entry = entry .. '\n' .. entry_id
  end
  redis.call('RPUSH', keys.history(id), entry)
end

-- Returns the arguments of a script that has many: ARGV[1] is a list in MessagePack.
local function unpacked_arguments()
  return unpack(cmsgpack.unpack(ARGV[1]))
end

-- Adds an entry to the shop's audit, and removes those that are older than `keep_ms`.
local function audit(shop, keep_ms, who, action, about)
  local keep_from_ms = string.format('%d', now_ms() - keep_ms)
  redis.call('XADD', keys.audit(shop), 'MINID', '~', keep_from_ms, '*', 'who', who, 'action', action, 'about', about)
end

-- Applies side effects: each is a list of words, either a Redis command or a call of `@set_dial`, `@publish_event`, `@add_spend`
-- or `@audit`.
local function apply_side_effects(effects)
  for _, words in ipairs(effects) do
    if words[1] == '@set_dial' then
      set_dial(unpack(words, 2))
    elseif words[1] == '@publish_event' then
      publish_event(unpack(words, 2))
    elseif words[1] == '@add_spend' then
      add_spend(unpack(words, 2))
    elseif words[1] == '@audit' then
      audit(unpack(words, 2))
    else
      redis.call(unpack(words))
    end
  end
end

-- Writes a note of the audit, a script's last argument; '' stands for none.
local function write_note(note)
  if note ~= '' then
    apply_side_effects(cmsgpack.unpack(note))
  end
end

-- Tells whether a record is real or of a test key, as `is_test` says. Earlier versions kept both kinds under the shop's own name;
-- neither may stand for the other. A record that cannot be read is of any kind.
local function is_of_kind(record, is_test)
  local is_read, confirmation = pcall(cjson.decode, string.match(record, '\n(.*)$'))
  return not is_read or (confirmation.is_test == true) == is_test
end

-- Returns what a submission's idempotency key stands for: kind ('conflict' for another request, 'erased' if its confirmation
-- was erased), the id it is about, the first answer, the record ('' if there is none). Returns nothing if the key is free.
-- `old_key` is the name that earlier versions gave the key.
local function earlier_request(key, old_key, digest, is_test)
  local stored = key ~= '' and (redis.call('GET', key) or redis.call('GET', old_key))
  if not stored then
    return nil
  end
  local first_digest, kind, about, answer = string.match(stored, '^(%S*) (%S+) (%S+) (.*)$')
  if first_digest ~= digest then
    return 'conflict'
  end
  local record = kind == 'opted_out' and '' or redis.call('GET', keys.record(about))
  if not record then
    return 'erased', about, '', ''
  end
  if record ~= '' and not is_of_kind(record, is_test) then
    return nil
  end
  return kind, about, answer, record
end

-- Returns the ids of an order's confirmations as they are stored, newest first, the newest id, and its record if it is
-- open and of this kind.
local function confirmations_of_order(orders, order_id, is_test)
  local ids = redis.call('HGET', orders, order_id)
  local newest = ids and string.match(ids, '^%S+')
  local record = newest and redis.call('GET', keys.record(newest))
  if record and not is_finished(record) and is_of_kind(record, is_test) then
    return ids, newest, record
  end
  return ids, newest
end
