-- Parks a confirmation: nothing of it is due any more. Its record, which may be unreadable, is not changed. The confirmation
-- is looked at again when it has been parked for its retention.
-- ARGV: id, ms until it is looked at again, the same for a finished confirmation that could not be erased.
local id = ARGV[1]
clear_dial_everywhere(id)
local header = redis.call('GETRANGE', keys.record(id), 0, 255)
redis.call('ZADD', keys.DUE_RECONCILIATION, string.format('%d', now_ms() + ARGV[is_finished(header) and 3 or 2]), id)
if not is_on_the_phone(header) then
  redis.call('ZREM', keys.CALLS_OPEN, id)
end
redis.call('ZADD', keys.PARKED, 'NX', string.format('%d', now_ms()), id)
return 1
