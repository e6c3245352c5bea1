-- Takes a confirmation out with all that belongs to it, unless it changed since it was read.
-- KEYS: the record, its history, its transcript, the shop's orders, the number's set, its listing, the CRM's stream.
-- ARGV: id, version, order id, shop, priority. Returns 'done' or 'conflict'.
local id = ARGV[1]
local stored = redis.call('GET', KEYS[1])
if stored and header_of(stored).version ~= tonumber(ARGV[2]) then
  return 'conflict'
end
local last = redis.call('LINDEX', KEYS[2], -1)
local entry_id = last and string.match(last, '\n(%S+)$')
if entry_id then
  redis.call('XDEL', KEYS[7], entry_id)
end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
local kept = {}
for other in string.gmatch(redis.call('HGET', KEYS[4], ARGV[3]) or '', '%S+') do
  if other ~= id then
    kept[#kept + 1] = other
  end
end
if #kept > 0 then
  redis.call('HSET', KEYS[4], ARGV[3], table.concat(kept, ' '))
else
  redis.call('HDEL', KEYS[4], ARGV[3])
end
redis.call('ZREM', KEYS[5], id)
redis.call('ZREM', KEYS[6], id)
redis.call('ZREM', 'due:care', id)
redis.call('ZREM', 'calls:open', id)
set_dial(ARGV[5], ARGV[4], id, '')
return 'done'
