-- Erases what there is of a confirmation under its own id without reading its record, which may be unreadable.
-- ARGV: id, every endpoint. Returns how many events it had.
local id = ARGV[1]
local sequences = redis.call('LLEN', keys.history(id))
redis.call('DEL', keys.record(id), keys.history(id), keys.transcript(id))
for _, key in ipairs({ keys.DUE_RECONCILIATION, keys.PARKED, keys.CALLS_OPEN }) do
  redis.call('ZREM', key, id)
end
clear_crash_counts(id)
clear_dial_everywhere(id)
for index = 2, #ARGV do
  delete_lane(ARGV[index], id, sequences)
end
redis.call('INCR', keys.ERASURES)
return sequences
