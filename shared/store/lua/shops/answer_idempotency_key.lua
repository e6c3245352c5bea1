-- Stores the answer under a claimed idempotency key, or frees the key if there is no answer to store. Does neither if the
-- claim has run out. KEYS: the key. ARGV: token, life ms, answer or ''.
local stored = redis.call('GET', KEYS[1])
local digest, kind, token = string.match(stored or '', '^(%S*) (%S+) (%S+) ')
if kind ~= 'hand' or token ~= ARGV[1] then
  return 0
end
if ARGV[3] == '' then
  return redis.call('DEL', KEYS[1])
end
redis.call('SET', KEYS[1], digest .. ' answered ' .. token .. ' ' .. ARGV[3], 'PX', ARGV[2])
return 1
