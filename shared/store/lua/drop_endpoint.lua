-- Forgets an endpoint and all that waits for it. ARGV: endpoint, shop. Returns 1 where there was one.
local base = 'webhook:' .. ARGV[1]
if redis.call('HDEL', 'webhooks:' .. ARGV[2], ARGV[1]) == 0 then
  return 0
end
for _, id in ipairs(redis.call('ZRANGE', base .. ':lanes', 0, -1)) do
  redis.call('DEL', base .. ':lane:' .. id)
end
for _, part in ipairs({ '', ':off', ':lanes', ':tries', ':circuit', ':dead', ':why' }) do
  redis.call('DEL', base .. part)
end
redis.call('ZREM', 'due:deliver', ARGV[1])
redis.call('ZREM', 'deliver:open', ARGV[1])
redis.call('ZREM', 'due:parked', ARGV[1])
redis.call('HDEL', 'due:begun', 'deliver:' .. ARGV[1])
return 1
