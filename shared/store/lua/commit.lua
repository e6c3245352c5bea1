-- Replaces a record and does what follows from it, or nothing at all.
-- KEYS: the record. ARGV: expected version, commit id, schema, state, JSON, what follows; where a call is begun also the
-- number that must be free, id, priority, shop.
-- Returns {'done'} (also for a commit already made), {'conflict', record, time}, {'line_taken'} or {'missing'}.
local stored = redis.call('GET', KEYS[1])
if not stored then
  return { 'missing' }
end
local header = header_of(stored)
if string.find(',' .. header.commits .. ',', ',' .. ARGV[2] .. ',', 1, true) then
  return { 'done' }
end
if header.version ~= tonumber(ARGV[1]) then
  return { 'conflict', stored, reply_time() }
end
if ARGV[7] and line_is_taken(ARGV[7], ARGV[8]) then
  set_dial(ARGV[9], ARGV[10], ARGV[8], string.format('%d', now_ms() + 1000))
  return { 'line_taken' }
end
local commits, kept = ARGV[2], 1
for commit in string.gmatch(header.commits, '[^,]+') do
  if kept < 8 then
    commits, kept = commits .. ',' .. commit, kept + 1
  end
end
redis.call('SET', KEYS[1], ARGV[3] .. ' ' .. (header.version + 1) .. ' ' .. ARGV[4] .. ' ' .. commits .. '\n' .. ARGV[5])
follow_up(ARGV[6])
return { 'done' }
