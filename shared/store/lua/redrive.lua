-- Takes a confirmation out of the parked ones, forgets how often it was begun, and sets when it is due.
-- KEYS: the record. Told: id, version, what follows. Returns 1, or 0 where the record changed since it was read.
local id, version, follow_ups = told()
local stored = redis.call('GET', KEYS[1])
if stored and header_of(stored).version ~= version then
  return 0
end
redis.call('ZREM', 'due:parked', id)
redis.call('ZREM', 'due:care', id)
redis.call('HDEL', 'due:begun', 'dial:' .. id, 'care:' .. id, 'retire:' .. id)
follow_up(follow_ups)
return 1
