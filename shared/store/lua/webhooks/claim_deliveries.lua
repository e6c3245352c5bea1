-- Claims endpoints with something to deliver, each for one worker at a time, and no more at once than allowed.
-- ARGV: maximum at once, lease ms. Returns the endpoints, longest overdue first.
local now = now_ms()
redis.call('ZREMRANGEBYSCORE', keys.DELIVER_OPEN, '-inf', now)
local free = tonumber(ARGV[1]) - redis.call('ZCARD', keys.DELIVER_OPEN)
if free <= 0 then
  return {}
end
local endpoints = redis.call('ZRANGEBYSCORE', keys.DUE_DELIVER, '-inf', now, 'LIMIT', 0, free)
for _, endpoint in ipairs(endpoints) do
  local lease_end = string.format('%d', now + ARGV[2])
  redis.call('ZADD', keys.DUE_DELIVER, lease_end, endpoint)
  redis.call('ZADD', keys.DELIVER_OPEN, lease_end, endpoint)
end
return endpoints
