-- Stores the answer under a claimed key, or frees it where there is none to store; a claim that ran out does neither.
-- KEYS: the key. ARGV: token, life ms, answer or ''.
local known = redis.call('GET', KEYS[1])
local digest, kind, token = string.match(known or '', '^(%S*) (%S+) (%S+) ')
if kind ~= 'hand' or token ~= ARGV[1] then
  return 0
end
if ARGV[3] == '' then
  return redis.call('DEL', KEYS[1])
end
redis.call('SET', KEYS[1], digest .. ' answered ' .. token .. ' ' .. ARGV[3], 'PX', ARGV[2])
return 1
