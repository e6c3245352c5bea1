-- Claims the confirmations that must be reconciled: each is due again after the lease, unless a commit sets another time before.
-- An order whose call is still going on keeps counting as a call at once, however long the call takes.
-- ARGV: limit, lease ms. Returns the ids, longest overdue first.
local now, lease = now_ms(), tonumber(ARGV[2])
local ids = redis.call('ZRANGEBYSCORE', keys.DUE_RECONCILIATION, '-inf', now, 'LIMIT', 0, ARGV[1])
for _, id in ipairs(ids) do
  redis.call('ZADD', keys.DUE_RECONCILIATION, string.format('%d', now + lease), id)
  local header = redis.call('GETRANGE', keys.record(id), 0, 255)
  if is_on_the_phone(header) then
    redis.call('ZADD', keys.CALLS_OPEN, 'GT', string.format('%d', now + 4 * lease), id)
  end
end
return ids
