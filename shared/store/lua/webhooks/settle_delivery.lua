-- Notes the result of the first event in a lane. An event that is not the first any more was settled before.
-- ARGV: endpoint, confirmation, sequence, result (`delivered`; `failed`: to be tried again; `dead`: failed for the last time;
-- `untried`: given up without a try), next try ms, reason as JSON, failures in a row that open the circuit, its first pause ms.
-- Returns `settled`, `opened` (the circuit, just now) or `stale`.
local endpoint, id, sequence, result = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local lane, circuit = keys.webhook_lane(endpoint, id), keys.webhook_circuit(endpoint)
local now, answer = now_ms(), 'settled'
if redis.call('LINDEX', lane, 0) ~= sequence then
  return 'stale'
end
if result == 'delivered' then
  redis.call('DEL', circuit)
elseif result ~= 'untried' then
  local failures = redis.call('HINCRBY', circuit, 'failures', 1)
  if failures >= tonumber(ARGV[7]) and now >= tonumber(redis.call('HGET', circuit, 'until') or '0') then
    local openings = redis.call('HINCRBY', circuit, 'openings', 1)
    local pause = math.min(tonumber(ARGV[8]) * 2 ^ (openings - 1), 600000)
    redis.call('HSET', circuit, 'until', string.format('%d', now + pause))
    answer = 'opened'
  end
end
if result == 'failed' then
  redis.call('HINCRBY', keys.webhook_tries(endpoint), id, 1)
  redis.call('ZADD', keys.webhook_lanes(endpoint), ARGV[5], id)
  return answer
end
redis.call('LPOP', lane)
redis.call('HDEL', keys.webhook_tries(endpoint), id)
if result ~= 'delivered' then
  local event_id = id .. '.' .. sequence
  redis.call('ZADD', keys.webhook_dead(endpoint), string.format('%d', now), event_id)
  redis.call('HSET', keys.webhook_why(endpoint), event_id, ARGV[6])
end
if redis.call('LLEN', lane) > 0 then
  redis.call('ZADD', keys.webhook_lanes(endpoint), string.format('%d', now), id)
else
  redis.call('ZREM', keys.webhook_lanes(endpoint), id)
end
return answer
