-- Claims the next probe of an open circuit. KEYS: the circuit. ARGV: ms between probes. Returns 1 if the probe is the caller's.
local probe_at = redis.call('HGET', KEYS[1], 'probe_at')
local now = now_ms()
if not probe_at or now < tonumber(probe_at) then
  return 0
end
redis.call('HSET', KEYS[1], 'probe_at', string.format('%d', now + tonumber(ARGV[1])))
return 1
