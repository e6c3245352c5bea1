-- Replaces an endpoint's stored text, unless somebody has changed it. ARGV: endpoint, text as it was read, new text, note of the
-- audit. Returns 1 if it was replaced.
local name = keys.webhook(ARGV[1])
if redis.call('GET', name) ~= ARGV[2] then
  return 0
end
redis.call('SET', name, ARGV[3])
write_note(ARGV[4])
return 1
