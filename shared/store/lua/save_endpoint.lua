-- Stores an endpoint, and the events it wants; a shop has so many at most.
-- ARGV: endpoint, shop, JSON, types of event ('' where it is disabled), most of a shop. Returns `saved` or `too_many`.
local endpoint, wanted = ARGV[1], 'webhooks:' .. ARGV[2]
if redis.call('HEXISTS', wanted, endpoint) == 0 and redis.call('HLEN', wanted) >= tonumber(ARGV[5]) then
  return 'too_many'
end
redis.call('SET', 'webhook:' .. endpoint, ARGV[3])
redis.call('HSET', wanted, endpoint, ARGV[4])
if ARGV[4] == '' then
  redis.call('SET', 'webhook:' .. endpoint .. ':off', '1')
else
  redis.call('DEL', 'webhook:' .. endpoint .. ':off', 'webhook:' .. endpoint .. ':circuit')
end
wake_endpoint(endpoint)
return 'saved'
