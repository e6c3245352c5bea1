-- Notes that the account has accepted a call, which frees all that was held. KEYS: the holds. ARGV: ms for which that is lately.
-- Returns how many of them held anything.
local called_until = string.format('%d', now_ms() + tonumber(ARGV[1]))
local freed = 0
for _, hold in ipairs(KEYS) do
  freed = freed + redis.call('HDEL', hold, 'probe_at')
  redis.call('HDEL', hold, 'probe', 'refused', 'last_refused')
  redis.call('HSET', hold, 'called_until', called_until)
  redis.call('PEXPIRE', hold, ARGV[1])
end
return freed
