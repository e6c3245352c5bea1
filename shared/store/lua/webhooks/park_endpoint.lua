-- Parks an endpoint: it is not due any more, and what waits for it is kept. ARGV: endpoint.
redis.call('ZREM', keys.DUE_DELIVER, ARGV[1])
redis.call('ZREM', keys.DELIVER_OPEN, ARGV[1])
redis.call('ZADD', keys.PARKED, 'NX', string.format('%d', now_ms()), ARGV[1])
return 1
