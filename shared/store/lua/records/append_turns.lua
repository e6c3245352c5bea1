-- Stores turns of a confirmation, unless it has been erased.
-- KEYS: the record, the transcript. ARGV: place, JSON, place, JSON ...
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
redis.call('HSET', KEYS[2], unpack(ARGV))
return 1
