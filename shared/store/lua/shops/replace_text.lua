-- Replaces a stored text, unless somebody has changed it. KEYS: its name. ARGV: text as it was read, new text, note of the audit.
-- Returns 1 if it was replaced.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2])
write_note(ARGV[3])
return 1
