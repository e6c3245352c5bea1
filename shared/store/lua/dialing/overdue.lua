-- Counts the calls that are due now. Returns {high, normal}.
local now, counts = now_ms(), {}
for index, priority in ipairs({ 'high', 'normal' }) do
  counts[index] = 0
  for _, shop in ipairs(redis.call('ZRANGEBYSCORE', keys.due_heads(priority), '-inf', now)) do
    counts[index] = counts[index] + redis.call('ZCOUNT', keys.due_dial(priority, shop), '-inf', now)
  end
end
return counts
