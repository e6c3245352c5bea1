-- Opens the circuit, or postpones the next probe where it is open. KEYS: the circuit. ARGV: reason, probe every ms.
local now = now_ms()
redis.call('HSETNX', KEYS[1], 'reason', ARGV[1])
redis.call('HSETNX', KEYS[1], 'since', string.format('%d', now))
redis.call('HSET', KEYS[1], 'probe_at', string.format('%d', now + tonumber(ARGV[2])))
return 1
