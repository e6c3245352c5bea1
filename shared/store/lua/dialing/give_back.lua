-- Gives back a grant that led to no call: it no longer counts as a call at once, unless a call is going on.
-- KEYS: the record, the calls at once. ARGV: id.
if not is_on_the_phone(redis.call('GETRANGE', KEYS[1], 0, 255)) then
  redis.call('ZREM', KEYS[2], ARGV[1])
end
return 1
