-- Stores an endpoint and the types of event it wants, unless the shop has as many endpoints as it may have. What failed there
-- before is tried at once: the change may have healed it. (While an endpoint fails its circuit is open, so these are few.)
-- ARGV: endpoint, shop, JSON, types of event ('' if it is disabled), maximum of a shop, note of the audit.
-- Returns `saved` or `too_many`.
local endpoint, wanted = ARGV[1], keys.webhooks(ARGV[2])
if redis.call('HEXISTS', wanted, endpoint) == 0 and redis.call('HLEN', wanted) >= tonumber(ARGV[5]) then
  return 'too_many'
end
redis.call('SET', keys.webhook(endpoint), ARGV[3])
redis.call('HSET', wanted, endpoint, ARGV[4])
if ARGV[4] == '' then
  redis.call('SET', keys.webhook_off(endpoint), '1')
else
  redis.call('DEL', keys.webhook_off(endpoint), keys.webhook_circuit(endpoint))
  local now, lanes = string.format('%d', now_ms()), keys.webhook_lanes(endpoint)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', lanes, '(' .. now, '+inf', 'LIMIT', 0, 1000)) do
    redis.call('ZADD', lanes, now, id)
  end
end
schedule_endpoint(endpoint)
write_note(ARGV[6])
return 'saved'
