-- Returns the confirmations whose next event is due at an endpoint, longest overdue first. KEYS: its lanes. ARGV: limit.
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now_ms(), 'LIMIT', 0, ARGV[1])
