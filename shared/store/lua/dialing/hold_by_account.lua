-- Notes that the account has refused a call, also the one that was tried. If it has called the country lately, the refusal may be
-- about the number alone: then it holds that order, and the country only when several orders in a row were refused.
-- KEYS: the hold, the order's own hold. ARGV: id, ms until the next probe, how many in a row.
-- Returns when that is (ms), and 1 if only the order is held.
local id, every, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local now, held = now_ms(), KEYS[1]
local is_alone = 0
if now < tonumber(redis.call('HGET', held, 'called_until') or '0') then
  local refused = tonumber(redis.call('HGET', held, 'refused') or '0')
  if redis.call('HGET', held, 'last_refused') ~= id then
    refused = redis.call('HINCRBY', held, 'refused', 1)
    redis.call('HSET', held, 'last_refused', id)
  end
  if refused < most then
    held, is_alone = KEYS[2], 1
  end
end
local probe_at = string.format('%d', now + every)
redis.call('HSET', held, 'probe_at', probe_at)
redis.call('HDEL', held, 'probe')
redis.call('PEXPIRE', held, 86400000)
return { probe_at, is_alone }
