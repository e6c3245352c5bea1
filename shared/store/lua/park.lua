-- Takes a confirmation out of all that is due, whatever its record says: it may be the record that nobody can read. It is
-- looked at again when it has been parked for its retention.
-- ARGV: id, ms until it is looked at again, the same where it is finished and could not be erased.
local id = ARGV[1]
for _, priority in ipairs({ 'high', 'normal' }) do
  for _, shop in ipairs(redis.call('ZRANGE', 'due:heads:' .. priority, 0, -1)) do
    set_dial(priority, shop, id, '')
  end
end
local stored = redis.call('GET', 'confirmation:' .. id)
local state = stored and header_of(stored).state
redis.call('ZADD', 'due:care', string.format('%d', now_ms() + ARGV[state == 'finished' and 3 or 2]), id)
if state ~= 'calling' then
  redis.call('ZREM', 'calls:open', id)
end
redis.call('ZADD', 'due:parked', 'NX', string.format('%d', now_ms()), id)
return 1
