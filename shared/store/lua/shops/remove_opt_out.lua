-- Takes a number off a do-not-call list, with the note in the audit. KEYS: the list. ARGV: number, note of the audit. Returns 0 if
-- it was not on the list.
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then
  return 0
end
write_note(ARGV[2])
return 1
