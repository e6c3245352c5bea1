-- Says what became of an earlier request, and stores nothing: what its idempotency key stands for, else the order's open
-- confirmation. KEYS: the shop's orders, the idempotency key and its earlier name, or '' and ''. ARGV: order id,
-- request digest.
-- Returns {kind, time, ...}: replayed, kind, first answer, record or '' | open, record | key_conflict | unknown.
local time = reply_time()
local kind, _, answer, record = earlier_request(KEYS[2], KEYS[3], ARGV[2])
if kind == 'conflict' then
  return { 'key_conflict', time }
elseif kind then
  return { 'replayed', time, kind, answer, record }
end
local _, _, open = confirmations_of_order(KEYS[1], ARGV[1])
return open and { 'open', time, open } or { 'unknown', time }
