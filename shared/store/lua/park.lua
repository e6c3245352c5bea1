-- Takes a confirmation out of all that is due, whatever its record says: it may be the record that nobody can read.
-- ARGV: id.
local id = ARGV[1]
redis.call('ZREM', 'due:care', id)
for _, priority in ipairs({ 'high', 'normal' }) do
  for _, shop in ipairs(redis.call('ZRANGE', 'due:heads:' .. priority, 0, -1)) do
    set_dial(priority, shop, id, '')
  end
end
local stored = redis.call('GET', 'confirmation:' .. id)
if not stored or header_of(stored).state ~= 'calling' then
  redis.call('ZREM', 'calls:open', id)
end
redis.call('ZADD', 'due:parked', 'NX', string.format('%d', now_ms()), id)
return 1
