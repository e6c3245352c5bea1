-- Drops what there is of a confirmation under its own id, whatever its record says: it is the record that nobody can read.
-- ARGV: id, every endpoint.
local id = ARGV[1]
local sequences = redis.call('LLEN', 'confirmation:' .. id .. ':events')
for _, key in ipairs({ '', ':events', ':transcript' }) do
  redis.call('DEL', 'confirmation:' .. id .. key)
end
for _, place in ipairs({ 'due:care', 'due:parked', 'calls:open' }) do
  redis.call('ZREM', place, id)
end
redis.call('HDEL', 'due:begun', 'dial:' .. id, 'care:' .. id, 'retire:' .. id)
for _, priority in ipairs({ 'high', 'normal' }) do
  for _, shop in ipairs(redis.call('ZRANGE', 'due:heads:' .. priority, 0, -1)) do
    set_dial(priority, shop, id, '')
  end
end
for index = 2, #ARGV do
  forget_lane(ARGV[index], id, sequences)
end
return sequences
