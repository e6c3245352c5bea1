-- Takes an endpoint out of the parked ones, clears its crash count, and sets when it is due. ARGV: endpoint, note of
-- the audit.
redis.call('ZREM', keys.PARKED, ARGV[1])
redis.call('HDEL', keys.BEGUN, keys.begun_field('deliver', ARGV[1]))
schedule_endpoint(ARGV[1])
write_note(ARGV[2])
return 1
