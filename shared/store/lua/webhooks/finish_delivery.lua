-- Ends a worker's lease of an endpoint and sets when the endpoint is due again. ARGV: endpoint.
redis.call('ZREM', keys.DELIVER_OPEN, ARGV[1])
schedule_endpoint(ARGV[1])
return 1
