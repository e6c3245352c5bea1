-- Claims endpoints with something to deliver, each for one worker at a time, and no more at once than allowed.
-- ARGV: most at once, lease ms. Returns the endpoints, longest overdue first.
local now = now_ms()
redis.call('ZREMRANGEBYSCORE', 'deliver:open', '-inf', now)
local free = tonumber(ARGV[1]) - redis.call('ZCARD', 'deliver:open')
if free <= 0 then
  return {}
end
local endpoints = redis.call('ZRANGEBYSCORE', 'due:deliver', '-inf', now, 'LIMIT', 0, free)
for _, endpoint in ipairs(endpoints) do
  local lease_end = string.format('%d', now + ARGV[2])
  redis.call('ZADD', 'due:deliver', lease_end, endpoint)
  redis.call('ZADD', 'deliver:open', lease_end, endpoint)
end
return endpoints
