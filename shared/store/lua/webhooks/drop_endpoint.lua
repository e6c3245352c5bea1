-- Removes an endpoint and all that waits for it. ARGV: endpoint, shop, note of the audit. Returns 1 if there was one.
local endpoint = ARGV[1]
if redis.call('HDEL', keys.webhooks(ARGV[2]), endpoint) == 0 then
  return 0
end
for _, id in ipairs(redis.call('ZRANGE', keys.webhook_lanes(endpoint), 0, -1)) do
  redis.call('DEL', keys.webhook_lane(endpoint, id))
end
redis.call('DEL', keys.webhook(endpoint), keys.webhook_off(endpoint), keys.webhook_lanes(endpoint))
redis.call('DEL', keys.webhook_tries(endpoint), keys.webhook_circuit(endpoint))
redis.call('DEL', keys.webhook_dead(endpoint), keys.webhook_why(endpoint))
redis.call('ZREM', keys.DUE_DELIVER, endpoint)
redis.call('ZREM', keys.DELIVER_OPEN, endpoint)
redis.call('ZREM', keys.PARKED, endpoint)
redis.call('HDEL', keys.BEGUN, keys.begun_field('deliver', endpoint))
write_note(ARGV[3])
return 1
