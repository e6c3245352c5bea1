-- Claims an idempotency key, or tells what became of it. KEYS: the key. ARGV: digest, token, ms in hand.
-- Returns {'claimed'}, {'conflict'}, {'in_hand'} or {'answered', status and body}.
local known = redis.call('GET', KEYS[1])
if not known then
  redis.call('SET', KEYS[1], ARGV[1] .. ' hand ' .. ARGV[2] .. ' ', 'PX', ARGV[3])
  return { 'claimed' }
end
local digest, kind, token, answer = string.match(known, '^(%S*) (%S+) (%S+) (.*)$')
if digest ~= ARGV[1] then
  return { 'conflict' }
elseif kind == 'answered' then
  return { 'answered', answer }
end
return { token == ARGV[2] and 'claimed' or 'in_hand' }
