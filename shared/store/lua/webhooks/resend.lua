-- Puts dead letters back into their lanes, in order, to be delivered at once. ARGV: endpoint, note of the audit, event id ...
-- Returns how many there were.
local endpoint, count = ARGV[1], 0
for index = 3, #ARGV do
  local event_id = ARGV[index]
  local id, sequence = string.match(event_id, '^(.*)%.(%d+)$')
  if id and redis.call('ZREM', keys.webhook_dead(endpoint), event_id) == 1 then
    count = count + 1
    redis.call('HDEL', keys.webhook_why(endpoint), event_id)
    redis.call('HDEL', keys.webhook_tries(endpoint), id)
    local lane = keys.webhook_lane(endpoint, id)
    local sequences = redis.call('LRANGE', lane, 0, -1)
    sequences[#sequences + 1] = sequence
    table.sort(sequences, function(one, other)
      return tonumber(one) < tonumber(other)
    end)
    redis.call('DEL', lane)
    redis.call('RPUSH', lane, unpack(sequences))
    redis.call('ZADD', keys.webhook_lanes(endpoint), string.format('%d', now_ms()), id)
  end
end
if count > 0 then
  redis.call('DEL', keys.webhook_circuit(endpoint))
  schedule_endpoint(endpoint)
  write_note(ARGV[2])
end
return count
