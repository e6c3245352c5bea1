-- Opens the circuit, or postpones the next probe if it is open. KEYS: the circuit. ARGV: reason, ms between probes.
local now = now_ms()
redis.call('HSETNX', KEYS[1], 'reason', ARGV[1])
redis.call('HSETNX', KEYS[1], 'since', string.format('%d', now))
redis.call('HSET', KEYS[1], 'probe_at', string.format('%d', now + tonumber(ARGV[2])))
return 1
