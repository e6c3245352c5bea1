-- Takes an endpoint out of the parked ones, forgets how often it was begun, and sets when it is due. ARGV: endpoint.
redis.call('ZREM', 'due:parked', ARGV[1])
redis.call('HDEL', 'due:begun', 'deliver:' .. ARGV[1])
wake_endpoint(ARGV[1])
return 1
