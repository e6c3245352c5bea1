-- Says whether the telephone account's refusal holds an order now. When a probe is due, the first that asks may be called.
-- KEYS: the hold. ARGV: id, ms within which the probe must show what the account says. Returns until when (ms), or ''.
local probe_at = redis.call('HGET', KEYS[1], 'probe_at')
if not probe_at or redis.call('HGET', KEYS[1], 'probe') == ARGV[1] then
  return ''
end
local now = now_ms()
if now < tonumber(probe_at) then
  return probe_at
end
redis.call('HSET', KEYS[1], 'probe', ARGV[1], 'probe_at', string.format('%d', now + tonumber(ARGV[2])))
return ''
