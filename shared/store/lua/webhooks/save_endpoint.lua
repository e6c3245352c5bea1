-- Stores an endpoint and the types of event it wants, unless the shop has as many endpoints as it may have.
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
end
schedule_endpoint(endpoint)
write_note(ARGV[6])
return 'saved'
