-- Claims an idempotency key, or says what became of it. KEYS: the key, its earlier name. ARGV: digest, token, life of the claim in ms.
-- Returns {'claimed'}, {'conflict'}, {'in_progress'} or {'answered', status and body}.
local stored = redis.call('GET', KEYS[1]) or redis.call('GET', KEYS[2])
if not stored then
  redis.call('SET', KEYS[1], ARGV[1] .. ' hand ' .. ARGV[2] .. ' ', 'PX', ARGV[3])
  return { 'claimed' }
end
local digest, kind, token, answer = string.match(stored, '^(%S*) (%S+) (%S+) (.*)$')
if digest ~= ARGV[1] then
  return { 'conflict' }
elseif kind == 'answered' then
  return { 'answered', answer }
end
return { token == ARGV[2] and 'claimed' or 'in_progress' }
