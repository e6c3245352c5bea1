-- Replaces a record and applies the side effects of the change, or does nothing at all.
-- KEYS: the record. Arguments: expected version, commit id, schema, state, phone, JSON, side effects; for a change that begins
-- a call, to a number that must not be on the phone and to which a cap allows one more, also id, priority, shop, caps, and ms
-- after which an order that a cap holds is due again.
-- Returns {'done'} (also for a commit that was made before), {'conflict', record, time}, {'line_taken'},
-- {'held'} by a cap, or {'missing'}.
local version, commit, schema, state, phone, json, effects, id, priority, shop, caps, held_ms = unpacked_arguments()
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
if id and line_is_taken(phone, id) then
  set_dial(priority, shop, id, string.format('%d', now_ms() + 1000))
  return { 'line_taken' }
end
if id and held_by_cap(shop, phone, caps, now_ms()) then
  leave_to_reconciliation(priority, shop, id, held_ms)
  return { 'held' }
end
local commits, kept = commit, 1
for earlier in string.gmatch(header.commits, '[^,]+') do
  if kept < 8 then
    commits, kept = commits .. ',' .. earlier, kept + 1
  end
end
redis.call('SET', KEYS[1], record_text(schema, version + 1, state, commits, phone, json))
apply_side_effects(effects)
return { 'done' }
