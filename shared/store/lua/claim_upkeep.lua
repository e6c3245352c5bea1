-- Claims what needs care: what is due is due again after the lease, unless a commit says otherwise before. A call that is
-- still going on keeps its place among the calls at once, however long it takes.
-- ARGV: limit, lease ms. Returns the ids, longest overdue first.
local now, lease = now_ms(), tonumber(ARGV[2])
local ids = redis.call('ZRANGEBYSCORE', 'due:care', '-inf', now, 'LIMIT', 0, ARGV[1])
for _, id in ipairs(ids) do
  redis.call('ZADD', 'due:care', string.format('%d', now + lease), id)
  local record = redis.call('GET', 'confirmation:' .. id)
  if record and header_of(record).state == 'calling' then
    redis.call('ZADD', 'calls:open', 'GT', string.format('%d', now + 4 * lease), id)
  end
end
return ids
