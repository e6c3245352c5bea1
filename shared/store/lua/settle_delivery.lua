-- Notes what became of the first event in a lane; one that is not the first any more was settled before.
-- ARGV: endpoint, confirmation, sequence, what (`delivered`, `failed`: to be tried again, `dead`: failed for the last time,
-- `buried`: given up without a try), next try ms, reason as JSON, failures in a row that open the circuit, its first pause ms.
-- Returns `settled`, `opened` (the circuit, just now) or `stale`.
local endpoint, id, sequence, what = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local base = 'webhook:' .. endpoint
local lane, circuit = base .. ':lane:' .. id, base .. ':circuit'
local now, answer = now_ms(), 'settled'
if redis.call('LINDEX', lane, 0) ~= sequence then
  return 'stale'
end
if what == 'delivered' then
  redis.call('DEL', circuit)
elseif what ~= 'buried' then
  local failures = redis.call('HINCRBY', circuit, 'failures', 1)
  if failures >= tonumber(ARGV[7]) and now >= tonumber(redis.call('HGET', circuit, 'until') or '0') then
    local openings = redis.call('HINCRBY', circuit, 'openings', 1)
    local pause = math.min(tonumber(ARGV[8]) * 2 ^ (openings - 1), 600000)
    redis.call('HSET', circuit, 'until', string.format('%d', now + pause))
    answer = 'opened'
  end
end
if what == 'failed' then
  redis.call('HINCRBY', base .. ':tries', id, 1)
  redis.call('ZADD', base .. ':lanes', ARGV[5], id)
  return answer
end
redis.call('LPOP', lane)
redis.call('HDEL', base .. ':tries', id)
if what ~= 'delivered' then
  local event_id = id .. '.' .. sequence
  redis.call('ZADD', base .. ':dead', string.format('%d', now), event_id)
  redis.call('HSET', base .. ':why', event_id, ARGV[6])
end
if redis.call('LLEN', lane) > 0 then
  redis.call('ZADD', base .. ':lanes', string.format('%d', now), id)
else
  redis.call('ZREM', base .. ':lanes', id)
end
return answer
