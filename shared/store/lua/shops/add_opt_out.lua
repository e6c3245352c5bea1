-- Puts a number on a do-not-call list, with the note in the audit; a number that is on it keeps its date. KEYS: the list.
-- ARGV: number, note of the audit. Returns since when it is on the list, in ms.
redis.call('ZADD', KEYS[1], 'NX', string.format('%d', now_ms()), ARGV[1])
write_note(ARGV[2])
return redis.call('ZSCORE', KEYS[1], ARGV[1])
