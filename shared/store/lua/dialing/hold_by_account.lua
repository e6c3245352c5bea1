-- Notes that the account has refused a call, also the one that was tried. KEYS: the hold. ARGV: ms until the next probe.
-- Returns when that is (ms).
local probe_at = string.format('%d', now_ms() + tonumber(ARGV[1]))
redis.call('HSET', KEYS[1], 'probe_at', probe_at)
redis.call('HDEL', KEYS[1], 'probe')
redis.call('PEXPIRE', KEYS[1], 86400000)
return probe_at
