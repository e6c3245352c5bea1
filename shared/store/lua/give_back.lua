-- Frees the place of a grant that led to no call; the place of a call that is going on stays taken.
-- KEYS: the record. ARGV: id.
local stored = redis.call('GET', KEYS[1])
if stored and cjson.decode(string.match(stored, '\n(.*)$')).status ~= 'calling'
    and cjson.decode(string.match(stored, '\n(.*)$')).status ~= 'in_call' then
  redis.call('ZREM', 'calls:open', ARGV[1])
end
if not stored then
  redis.call('ZREM', 'calls:open', ARGV[1])
end
return 1
