-- Claims what needs care: what is due is due again after the lease, unless a commit says otherwise before.
-- ARGV: limit, lease ms. Returns the ids, longest overdue first.
local now = now_ms()
local ids = redis.call('ZRANGEBYSCORE', 'due:care', '-inf', now, 'LIMIT', 0, ARGV[1])
for _, id in ipairs(ids) do
  redis.call('ZADD', 'due:care', string.format('%d', now + tonumber(ARGV[2])), id)
end
return ids
