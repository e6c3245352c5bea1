-- Frees the place of a grant that led to no call; the place of a call that is going on stays taken.
-- KEYS: the record, the calls at once. ARGV: id.
local stored = redis.call('GET', KEYS[1])
if not stored or header_of(stored).state ~= 'calling' then
  redis.call('ZREM', KEYS[2], ARGV[1])
end
return 1
