-- Takes a confirmation out of the parked ones, clears its crash counts, and sets when it is due.
-- KEYS: the record. Arguments: id, version, side effects. Returns 1, or 0 if the record changed since it was read.
local id, version, effects = unpacked_arguments()
local stored = redis.call('GET', KEYS[1])
if stored and header_of(stored).version ~= version then
  return 0
end
redis.call('ZREM', keys.PARKED, id)
redis.call('ZREM', keys.DUE_RECONCILIATION, id)
clear_crash_counts(id)
apply_side_effects(effects)
return 1
