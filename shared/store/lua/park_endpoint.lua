-- Takes an endpoint out of what is due; what waits for it is kept. ARGV: endpoint.
redis.call('ZREM', 'due:deliver', ARGV[1])
redis.call('ZREM', 'deliver:open', ARGV[1])
redis.call('ZADD', 'due:parked', 'NX', string.format('%d', now_ms()), ARGV[1])
return 1
