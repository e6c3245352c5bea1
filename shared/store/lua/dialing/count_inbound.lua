-- Counts a call from a number, unless it is counted already or the number has made as many as it may.
-- KEYS: the number's calls. ARGV: Twilio's id of the call, how many there may be, in how many ms. Returns 1 if the call may be taken, else 0.
local now, most, span_ms = now_ms(), tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%d', now - span_ms))
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  return 1
end
if redis.call('ZCARD', KEYS[1]) >= most then
  return 0
end
redis.call('ZADD', KEYS[1], string.format('%d', now), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
