-- Erases a confirmation with all that belongs to it. Does nothing if it changed, or was erased, since it was read. In mode
-- `keep` it also stays, until it is looked at again, if a consumer group has not acknowledged its outcome yet.
-- KEYS: the record, its history, its transcript, the shop's orders, the number's set, its listing, the CRM's stream, the line,
-- the orders of the shop's test keys (test orders of older programs are among the shop's own).
-- ARGV: id, version, order id, shop, priority, mode (`keep` or `take`), ms until it is looked at again, owner of test data,
-- note of the audit.
-- Returns {'kept', group ...} with the groups that have not acknowledged the outcome; {'done', group or endpoint ...} with the
-- groups and webhook endpoints that had not taken the outcome; or {'conflict'}.
local id = ARGV[1]
local stored = redis.call('GET', KEYS[1])
if not stored or header_of(stored).version ~= tonumber(ARGV[2]) then
  return { 'conflict' }
end

local function is_after(entry_id, other_id)
  local ms, sequence = string.match(entry_id, '^(%d+)-(%d+)$')
  local other_ms, other_sequence = string.match(other_id, '^(%d+)-(%d+)$')
  ms, sequence, other_ms, other_sequence = tonumber(ms), tonumber(sequence), tonumber(other_ms), tonumber(other_sequence)
  return ms > other_ms or (ms == other_ms and sequence > other_sequence)
end

local function unread_by(entry_id)
  local names = {}
  if #redis.call('XRANGE', KEYS[7], entry_id, entry_id) == 0 then
    return names
  end
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', KEYS[7])) do
    local group = {}
    for index = 1, #flat, 2 do
      group[flat[index]] = flat[index + 1]
    end
    local is_undelivered = is_after(entry_id, group['last-delivered-id'])
    if is_undelivered or #redis.call('XPENDING', KEYS[7], group['name'], entry_id, entry_id, 1) > 0 then
      names[#names + 1] = group['name']
    end
  end
  return names
end

local sequences = redis.call('LLEN', KEYS[2])
local entries, unread, is_named = {}, {}, {} -- what the CRM's stream has of it: the outcome, and what was added later
for _, event in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  local entry_id = string.match(event, '\n(%S+)$')
  for _, name in ipairs(entry_id and unread_by(entry_id) or {}) do
    if not is_named[name] then
      unread[#unread + 1], is_named[name] = name, true
    end
  end
  entries[#entries + 1] = entry_id
end
if ARGV[6] == 'keep' and #unread > 0 then
  redis.call('ZADD', keys.DUE_RECONCILIATION, string.format('%d', now_ms() + ARGV[7]), id)
  return { 'kept', unpack(unread) }
end
if #entries > 0 then
  redis.call('XDEL', KEYS[7], unpack(entries))
end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
for _, orders in ipairs({ KEYS[4], KEYS[9] }) do
  local kept = {}
  for other in string.gmatch(redis.call('HGET', orders, ARGV[3]) or '', '%S+') do
    if other ~= id then
      kept[#kept + 1] = other
    end
  end
  if #kept > 0 then
    redis.call('HSET', orders, ARGV[3], table.concat(kept, ' '))
  else
    redis.call('HDEL', orders, ARGV[3])
  end
end
redis.call('ZREM', KEYS[5], id)
redis.call('ZREM', KEYS[6], id)
redis.call('SREM', KEYS[8], id)
redis.call('ZREM', keys.DUE_RECONCILIATION, id)
redis.call('ZREM', keys.CALLS_OPEN, id)
redis.call('ZREM', keys.PARKED, id)
clear_crash_counts(id)
set_dial(ARGV[5], ARGV[4], id, '')
for _, owner in ipairs({ ARGV[4], ARGV[8] }) do
  for _, endpoint in ipairs(redis.call('HKEYS', keys.webhooks(owner))) do
    if #entries > 0 and redis.call('LPOS', keys.webhook_lane(endpoint, id), sequences) then
      unread[#unread + 1] = endpoint
    end
    delete_lane(endpoint, id, sequences)
  end
end
redis.call('INCR', keys.ERASURES)
write_note(ARGV[9])
return { 'done', unpack(unread) }
