-- Ends a worker's turn at an endpoint: sets when it is due again. ARGV: endpoint.
redis.call('ZREM', 'deliver:open', ARGV[1])
wake_endpoint(ARGV[1])
return 1
