-- Replaces a record and does what follows from it, or nothing at all.
-- KEYS: the record. Told: expected version, commit id, schema, state, JSON, what follows; where a call is begun also the
-- number that must be free, id, priority, shop.
-- Returns {'done'} (also for a commit already made), {'conflict', record, time}, {'line_taken'} or {'missing'}.
local version, commit, schema, state, json, follow_ups, phone, id, priority, shop = told()
local stored = redis.call('GET', KEYS[1])
if not stored then
  return { 'missing' }
end
local header = header_of(stored)
if string.find(',' .. header.commits .. ',', ',' .. commit .. ',', 1, true) then
  return { 'done' }
end
if header.version ~= version then
  return { 'conflict', stored, reply_time() }
end
if phone and line_is_taken(phone, id) then
  set_dial(priority, shop, id, string.format('%d', now_ms() + 1000))
  return { 'line_taken' }
end
local commits, kept = commit, 1
for earlier in string.gmatch(header.commits, '[^,]+') do
  if kept < 8 then
    commits, kept = commits .. ',' .. earlier, kept + 1
  end
end
redis.call('SET', KEYS[1], schema .. ' ' .. (version + 1) .. ' ' .. state .. ' ' .. commits .. '\n' .. json)
follow_up(follow_ups)
return { 'done' }
