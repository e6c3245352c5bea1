-- Takes a confirmation out of the parked ones, forgets how often it was begun, and sets when it is due.
-- KEYS: the record. ARGV: id, version, what follows. Returns 1, or 0 where the record changed since it was read.
local stored = redis.call('GET', KEYS[1])
if stored and header_of(stored).version ~= tonumber(ARGV[2]) then
  return 0
end
redis.call('ZREM', 'due:parked', ARGV[1])
redis.call('ZREM', 'due:care', ARGV[1])
redis.call('HDEL', 'due:begun', 'dial:' .. ARGV[1], 'care:' .. ARGV[1], 'retire:' .. ARGV[1])
follow_up(ARGV[3])
return 1
